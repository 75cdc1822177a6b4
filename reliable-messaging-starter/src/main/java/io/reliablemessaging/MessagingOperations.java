package io.reliablemessaging;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What waits, who works on it and what is wrong, over all stages; and where one message is. Everything that shows people
 * how messaging is reads it here: the actuator endpoint {@code reliablemessaging}, health, and whatever you build.
 */
public interface MessagingOperations {

    /**
     * How everything is now. Asks the database half a dozen short questions; none of them reads a whole table, so what is
     * many is counted up to a limit. Waits for the database, and throws if it does not answer: for code and tests that want
     * what is true now. For people, see {@link #lastSnapshot}.
     *
     * @throws org.springframework.dao.DataAccessException if the database does not answer
     */
    MessagingSnapshot snapshot();

    /**
     * How everything is, with what the tables said some seconds ago. Asks nobody, so it answers at once whatever is away;
     * {@link MessagingSnapshot#tablesReadAt} says how old it is. This is what the actuator endpoint shows.
     */
    default MessagingSnapshot lastSnapshot() {
        return snapshot();
    }

    /** When the tables were read for {@link #lastSnapshot}; empty if they never were. Asks nobody, as {@link #troubles}. */
    default Optional<Instant> tablesReadAt() {
        return Optional.empty();
    }

    /**
     * What is wrong, as of some seconds ago, the gravest first; empty if nothing is. Asks nobody, so it answers at once
     * whatever is away.
     */
    List<Trouble> troubles();

    /** How the listeners of this instance are. Asks nobody, as {@link #troubles}. */
    List<MessagingSnapshot.Listener> listeners();

    /** What the listeners of this instance share; empty if there are none. Asks nobody, as {@link #troubles}. */
    Optional<MessagingSnapshot.Capacity> capacity();

    /**
     * Where a message is: waiting, on its way, on Kafka; and what each group of this application has made of it. If no table
     * knows it, the topics that this instance knows are searched for it, which takes up to ten seconds.
     */
    MessageTrace trace(MessageId id);

    /**
     * Has a group leave one record out, for one that cannot even be read: it does not fit into memory, say, so that its
     * listener has stopped ({@link Trouble.Kind#LISTENER_STOPPED} names where it was). The record is lost for the group and is
     * no dead letter, since nobody has seen what is in it. It counts from the next time that a consumer of the group is given
     * the partition: stop the listener on all instances, skip, and start it again.
     *
     * @param group consumer group of a listener of this application
     * @param topic a topic of that listener
     * @param partition partition of the record
     * @param offset its offset
     * @param who who wants it, for the log of operations
     * @throws IllegalArgumentException if no listener of this instance reads this topic for this group, or if the group has no
     *     order: then the cluster gives up what it has lent too often
     */
    void skip(String group, String topic, int partition, long offset, String who);

    /**
     * Makes a message a dead letter that its handler does not return from, or that was not read yet. Later messages of its key
     * go on, and its payload is kept. Works in every instance that has the listener, wherever the handler runs: it may come to
     * its end for two seconds, then its database session is ended, so that what it has done in the database is rolled back,
     * now or when it returns. Its thread cannot be stopped: until it returns or its instance is stopped, it keeps its permit and
     * its place among those of the listener, so a listener with a concurrency of 1 goes on only then. A record goes to the
     * topic of dead letters. Takes some seconds. Does nothing if the message is a dead letter. One that waits for its next
     * attempt is known by its number, too: {@link DeadLetters#makeDead(long, String, String)}.
     *
     * @param group consumer group of a listener of this application
     * @param topic a topic of that listener
     * @param partition partition of the message; {@link Trouble.Kind#HANDLER_RUNS_LONG} says which it is, as {@code orders-2@4711}
     * @param offset its offset
     * @param reason why, for those who ask later
     * @param who who wants it, for the log of operations
     * @throws IllegalArgumentException if no listener of this instance reads this topic for this group, or if there is no such
     *     record
     * @throws DeadLetterNotChangedException if the group has handled the message, or a person has discarded it
     */
    default void makeDead(String group, String topic, int partition, long offset, String reason, String who) {
        throw new UnsupportedOperationException("makeDead");
    }

    /**
     * Spreads keys over more lanes from now on, so that more instances can share the sending. The number is stored with the
     * tables and holds for every instance, whatever {@code reliable-messaging.outbox.lanes} says. A key's next message may go
     * to another lane than its last one, so nothing may wait and nobody may send meanwhile: let the outbox run empty, stop all
     * instances that send, call this from one that was started with {@code reliable-messaging.relay.enabled=false}, and start
     * the others again. Instances that only publish may go on; they use the new number at once.
     *
     * @param lanes how many there are to be, more than there are and at most 1,024
     * @param who who wants it, for the log of operations
     * @throws IllegalArgumentException if that is not more than there are, or too many
     * @throws IllegalStateException if messages wait in the outbox or in quarantine, or an instance sends; nothing has changed
     */
    void growLanes(int lanes, String who);
}
