package io.reliablemessaging;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Shows what waits, who works on it and what is wrong, over all stages, and where one message is. Everything that shows people
 * the state of messaging reads it here: the actuator endpoint {@code reliablemessaging}, health, and pages of your own.
 */
public interface MessagingOperations {

    /**
     * Reads the present state of everything. Sends half a dozen short queries to the database; none of them reads a whole table, so
     * large numbers are counted up to a limit. Waits for the database, and throws if it does not answer: use it in code and tests
     * that need the present state. For people, use {@link #lastSnapshot}.
     *
     * @throws org.springframework.dao.DataAccessException if the database does not answer
     */
    MessagingSnapshot snapshot();

    /**
     * Returns the state of everything, with tables as they were read some seconds ago. Does no I/O, so it answers at once even
     * during an outage; {@link MessagingSnapshot#tablesReadAt} tells how old it is. The actuator endpoint shows this.
     */
    default MessagingSnapshot lastSnapshot() {
        return snapshot();
    }

    /** Returns when the tables were read for {@link #lastSnapshot}; empty if they never were. Does no I/O. */
    default Optional<Instant> tablesReadAt() {
        return Optional.empty();
    }

    /**
     * Returns what is wrong, as of some seconds ago, the gravest first; empty if nothing is. Does no I/O, so it answers at once
     * even during an outage.
     */
    List<Trouble> troubles();

    /** Returns the state of the listeners of this instance. Does no I/O. */
    List<MessagingSnapshot.Listener> listeners();

    /** Returns what the listeners of this instance share; empty if there are none. Does no I/O. */
    Optional<MessagingSnapshot.Capacity> capacity();

    /**
     * Finds a message: waiting, on its way or on Kafka, and its state in each group of this application. If no table
     * knows it, searches the topics that this instance knows, which takes up to ten seconds.
     */
    MessageTrace trace(MessageId id);

    /**
     * Makes a group leave one record out. Use it for a record that cannot even be read, because it does not fit into memory for
     * example, so that its listener has stopped ({@link Trouble.Kind#LISTENER_STOPPED} names the place). The record is lost for the
     * group and is no dead letter, since its content was never read. The command takes effect when a consumer of the group is next
     * assigned the partition: stop the listener on all instances, skip, and start it again.
     *
     * @param group consumer group of a listener of this application
     * @param topic a topic of that listener
     * @param partition partition of the record
     * @param offset its offset
     * @param who the person or job that gives the command, for table {@code operation_log}
     * @throws IllegalArgumentException if no listener of this instance reads this topic for this group, or if its ordering is
     *     {@link Ordering#NONE}: then the cluster itself gives up a record after too many deliveries
     */
    void skip(String group, String topic, int partition, long offset, String who);

    /**
     * Makes a group leave one record out like {@link #skip(String, String, int, long, String)}, and records why.
     *
     * @param group consumer group of a listener of this application
     * @param topic a topic of that listener
     * @param partition partition of the record
     * @param offset its offset
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command, for table {@code operation_log}
     * @throws IllegalArgumentException if no listener of this instance reads this topic for this group, or if its ordering is
     *     {@link Ordering#NONE}
     */
    default void skip(String group, String topic, int partition, long offset, String reason, String who) {
        throw new UnsupportedOperationException("skip");
    }

    /**
     * Makes a message a dead letter whose handler does not return, or that was not read yet. Later messages of its key go on, and
     * its payload is stored. Works in every instance that has the listener, wherever the handler runs. The handler gets two
     * seconds to finish. Then its database session is terminated, so that its work in the database is rolled back, now or when it
     * returns. Its thread cannot be stopped: until it returns or its instance is stopped, it keeps its permit and its place in
     * the listener's concurrency, so a listener with a concurrency of 1 goes on only then. A record goes to the dead-letter
     * topic. Takes some seconds. Does nothing if the message is a dead letter already. For a parked message, there is also {@link
     * DeadLetters#makeDead(long, String, String)}.
     *
     * @param group consumer group of a listener of this application
     * @param topic a topic of that listener
     * @param partition partition of the message; {@link Trouble.Kind#HANDLER_RUNS_LONG} names it, as {@code orders-2@4711}
     * @param offset its offset
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command, for table {@code operation_log}
     * @throws IllegalArgumentException if no listener of this instance reads this topic for this group, or if there is no such
     *     record
     * @throws DeadLetterNotChangedException if the group has handled the message, or a person has discarded it
     */
    default void makeDead(String group, String topic, int partition, long offset, String reason, String who) {
        throw new UnsupportedOperationException("makeDead");
    }

    /**
     * Pauses a listener in all instances of this application until {@link #resumeListener}, also over restarts of all of them. This
     * instance calls none of its handlers after the return, the others after some seconds; handlers that run end. Neither new messages
     * nor parked ones are handled, redriven ones included; nothing is lost, no attempt is spent, and other listeners go on. The consumer
     * stays a member of its group, and its messages wait on Kafka: have it go on before the topic deletes them ({@code retention.ms}). A
     * pause is no trouble: {@link MessagingSnapshot.Listener#pause} shows it. It belongs to the listener's group and topics, so it holds
     * also if a later release gives the listener another id.
     *
     * @param listener id of a listener of this instance, as {@link MessagingSnapshot.Listener#id} shows it
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command, for table {@code operation_log}
     * @return false if it was paused before; nothing is changed or recorded then
     * @throws IllegalArgumentException if this instance has no such listener, or reason or name is missing
     */
    default boolean pauseListener(String listener, String reason, String who) {
        throw new UnsupportedOperationException("pauseListener");
    }

    /**
     * Has a listener go on that {@link #pauseListener} has paused, in all instances: at once in this one, and within some seconds in the
     * others. It goes on where it stopped, in the order of each key. Does not resume a container that the application itself has paused.
     *
     * @param listener id of a listener of this instance, as {@link MessagingSnapshot.Listener#id} shows it
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command, for table {@code operation_log}
     * @return false if it was not paused; nothing is changed or recorded then
     * @throws IllegalArgumentException if this instance has no such listener, or reason or name is missing
     */
    default boolean resumeListener(String listener, String reason, String who) {
        throw new UnsupportedOperationException("resumeListener");
    }

    /**
     * Spreads keys over more lanes from now on, so that more instances can share the sending. The number is stored in the database
     * and holds for every instance, whatever {@code reliable-messaging.outbox.lanes} says. The next message of a key may go to
     * another lane than the last one, so no message may wait and no instance may send meanwhile: let the outbox run empty, stop all
     * instances that send, call this from one that was started with {@code reliable-messaging.relay.enabled=false}, and start
     * the others again. Instances that only publish may go on; they use the new number at once.
     *
     * @param lanes the new number of lanes, more than before and at most 1,024
     * @param who the person or job that gives the command, for table {@code operation_log}
     * @throws IllegalArgumentException if the number is not higher than before, or is too high
     * @throws IllegalStateException if messages wait in the outbox or in quarantine, or an instance sends; nothing was changed
     */
    void growLanes(int lanes, String who);

    /**
     * Spreads keys over more lanes like {@link #growLanes(int, String)}, and records why.
     *
     * @param lanes the new number of lanes, more than before and at most 1,024
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command, for table {@code operation_log}
     * @throws IllegalArgumentException if the number is not higher than before, or is too high
     * @throws IllegalStateException if messages wait in the outbox or in quarantine, or an instance sends; nothing was changed
     */
    default void growLanes(int lanes, String reason, String who) {
        throw new UnsupportedOperationException("growLanes");
    }

    /**
     * Reads what people did, of all commands: the newest entries first, a page at a time. Entries are stored for {@code
     * reliable-messaging.operations.log-retention}.
     *
     * @throws org.springframework.dao.DataAccessException if the database does not answer
     */
    default List<OperationLogEntry> operationLog(OperationLogQuery query) {
        throw new UnsupportedOperationException("operationLog");
    }
}
