package io.reliablemessaging;

import java.util.List;
import java.util.Optional;

/**
 * Messages that a group has failed at: those that wait for another attempt, with the later ones of their key behind them,
 * and those that are dead. Mend the cause, then {@link #redrive(long, String)}: the message is handled again, with the same
 * id and fresh attempts, only by the group that failed, and before later messages of its key that still wait. Or give it up
 * with {@link #discard(long, String, String)}.
 *
 * <p>Every command is recorded in table {@code operation_log}, message by message. Commands commit by themselves, whatever
 * becomes of the caller's transaction. Those for many messages do so in chunks: if the process dies amid one, what is done
 * is done, and the same command again goes on with the rest.
 */
public interface DeadLetters {

    /** Those that match, by ascending id; at most 100 unless the query says otherwise. */
    List<DeadLetter> find(DeadLetterQuery query);

    /** Number of those that match, whatever the query's limit. */
    long count(DeadLetterQuery query);

    /** All that is known of one; empty if there is none: it was handled or discarded since. */
    Optional<DeadLetterDetails> get(long id);

    /**
     * Has one handled again as soon as possible. One that still waits is tried now instead of later, and its attempts count
     * on.
     *
     * @param who the person or job that says so
     * @throws DeadLetterNotChangedException if there is none, if it waits behind a dead letter that its key is held for, or
     *     if a message of its key is being handled right now and for some seconds to come
     */
    void redrive(long id, String who);

    /**
     * Has all that match handled again as soon as possible, those of each key in order. To try one first, give the query a
     * limit.
     *
     * @param who the person or job that says so
     * @return how many; those that wait behind a held dead letter which does not match are not among them
     * @throws DeadLetterNotChangedException if keys of some are being handled right now; all others are redriven
     */
    int redrive(DeadLetterQuery query, String who);

    /**
     * Like {@link #redrive(DeadLetterQuery, String)}, spread over time.
     *
     * @param perSecond about how many messages become due each second
     * @param who the person or job that says so
     * @return how many will have become due in the end
     * @throws DeadLetterNotChangedException if keys of some are being handled right now; all others are redriven
     */
    int redrive(DeadLetterQuery query, int perSecond, String who);

    /**
     * Gives a dead letter another payload, keeping the one it was received with beside it, and has it handled again.
     *
     * @param payload what the handler is to get, as bytes on Kafka would be
     * @param who the person or job that says so
     * @throws DeadLetterNotChangedException if there is none, if it is not dead, or if a message of its key is being handled
     *     right now and for some seconds to come
     */
    void editAndRedrive(long id, byte[] payload, String who);

    /**
     * Makes one that waits a dead letter, so that the later ones of its key go on: one whose handler never returns, or one of a
     * listener that does not exist any more. A handler that has it right now may come to its end for two seconds. If it does
     * not, its database session is ended, in whichever instance it runs: what it has done in the database is rolled back, now
     * or when it returns. Its thread cannot be stopped, and keeps its permit until it returns or its instance is stopped. A
     * record goes to the topic of dead letters, as for every dead letter. Does nothing for one that is dead.
     *
     * @param reason why, for those who ask later
     * @param who the person or job that says so
     * @throws DeadLetterNotChangedException if there is none: it was handled or discarded since
     */
    default void makeDead(long id, String reason, String who) {
        throw new UnsupportedOperationException("makeDead");
    }

    /**
     * Makes all that match and wait dead letters, as {@link #makeDead(long, String, String)} does, one by one, but leaves those
     * alone that a handler has right now. With {@link #discard(DeadLetterQuery, String, String)} after it, nothing is left of a
     * listener that was removed.
     *
     * @param reason why, for those who ask later
     * @param who the person or job that says so
     * @return how many
     * @throws DeadLetterNotChangedException if handlers have some right now; all others are dead letters
     */
    default int makeDead(DeadLetterQuery query, String reason, String who) {
        throw new UnsupportedOperationException("makeDead");
    }

    /**
     * Gives a dead letter up for good. If its key is held for it, those behind it go on.
     *
     * @param reason why, for those who ask later
     * @param who the person or job that says so
     * @throws DeadLetterNotChangedException if there is none, if it is not dead, or if a message of its key is being handled
     *     right now and for some seconds to come
     */
    void discard(long id, String reason, String who);

    /**
     * Gives up all dead letters that match, for good. Messages that still wait are left alone.
     *
     * @param reason why, for those who ask later
     * @param who the person or job that says so
     * @return how many
     * @throws DeadLetterNotChangedException if keys of some are being handled right now; all others are discarded
     */
    int discard(DeadLetterQuery query, String reason, String who);
}
