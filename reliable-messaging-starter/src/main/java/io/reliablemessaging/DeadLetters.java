package io.reliablemessaging;

import java.util.List;
import java.util.Optional;

/**
 * Reads and commands the messages that a group could not handle yet: parked messages, which wait for another attempt or behind
 * such a message of their key, and dead letters. Fix the cause, then call {@link #redrive(long, String)}: the message is handled
 * again with the same id and all its attempts, only by the group that failed, and before later messages of its key that still
 * wait. Or discard it with {@link #discard(long, String, String)}.
 *
 * <p>Every command is recorded in table {@code operation_log}, one row for each message. Commands commit on their own, not with
 * the caller's transaction. A command for many messages commits in chunks: if the process dies in the middle, the finished
 * chunks stay, and the same command called again does the rest.
 */
public interface DeadLetters {

    /** Finds the messages that match, by ascending id; at most 100 unless the query has a limit. */
    List<DeadLetter> find(DeadLetterQuery query);

    /** Counts the messages that match, whatever limit the query has. */
    long count(DeadLetterQuery query);

    /**
     * Finds the faults behind the messages that match: one group for each fingerprint, the last failure first, at most 100
     * unless the query has a limit. Only messages that match are counted, of each state at most the first 10,000 of a group. Failures that an
     * earlier release has stored are one group for each listener ({@link FailureGroup#NO_FINGERPRINT}). If the messages have more than
     * 10,000 fingerprints, only so many are considered.
     */
    default List<FailureGroup> groups(DeadLetterQuery query) {
        throw new UnsupportedOperationException("groups");
    }

    /** Reads everything about one message; empty if there is none with this id, because it was handled or discarded. */
    Optional<DeadLetterDetails> get(long id);

    /**
     * Redrives one message: it is handled again as soon as possible. A dead letter gets all its attempts again. A parked message is
     * tried now instead of later, and its attempts go on counting.
     *
     * @param who the person or job that gives the command
     * @throws DeadLetterNotChangedException if there is no such message, if it waits behind a dead letter that holds its key, or if
     *     a message of its key is being handled and that takes some seconds more
     */
    void redrive(long id, String who);

    /**
     * Redrives one message like {@link #redrive(long, String)}, and records why.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @throws DeadLetterNotChangedException if there is no such message, if it waits behind a dead letter that holds its key, or if
     *     a message of its key is being handled and that takes some seconds more
     */
    default void redrive(long id, String reason, String who) {
        throw new UnsupportedOperationException("redrive");
    }

    /**
     * Redrives all that match, those of each key in order, at once and in the caller's thread. For many, use {@link RedriveJobs}: a job
     * survives a crash, can begin with one message, leaves room for live messages, and records why.
     *
     * @param who the person or job that gives the command
     * @return how many were redriven; messages that wait behind a dead letter which holds their key and does not match are not counted
     * @throws DeadLetterNotChangedException if messages of some keys are being handled right now; all others are redriven
     */
    int redrive(DeadLetterQuery query, String who);

    /**
     * Redrives all that match like {@link #redrive(DeadLetterQuery, String)}, but spreads them over time.
     *
     * @param perSecond about how many messages become due in each second
     * @param who the person or job that gives the command
     * @return how many become due in the end
     * @throws DeadLetterNotChangedException if messages of some keys are being handled right now; all others are redriven
     */
    int redrive(DeadLetterQuery query, int perSecond, String who);

    /**
     * Gives a dead letter another payload and redrives it, as {@link #editAndRedrive(long, MessageEdit, String, String)} does, without
     * a reason.
     *
     * @param payload the new payload, as the bytes of a Kafka record
     * @param who the person or job that gives the command
     * @throws EditRefusedException if its handler could not take the new payload, or is not on this instance
     * @throws DeadLetterNotChangedException if there is no such message, if it is not a dead letter, or if a message of its key is
     *     being handled and that takes some seconds more
     */
    void editAndRedrive(long id, byte[] payload, String who);

    /**
     * Edits a dead letter and redrives it, if its handler can take the edited message: it is first converted and validated as the
     * parameters of the handler are, so this instance must have the listener. Key and id stay, and a message with a payload does not
     * become a tombstone. Payload and headers as they were received are stored beside the new ones, however often it is edited.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @throws EditRefusedException if its handler could not take the edited message, if the edit changes nothing or a header that the
     *     message's id was taken from, or if this instance does not have the listener
     * @throws DeadLetterNotChangedException if there is no such message, if it is not a dead letter, or if a message of its key is
     *     being handled and that takes some seconds more
     */
    default void editAndRedrive(long id, MessageEdit edit, String reason, String who) {
        throw new UnsupportedOperationException("editAndRedrive");
    }

    /**
     * Calls the handler with a dead letter or parked message, in a transaction that is rolled back, and tells how it went. Nothing
     * else happens: the message stays as it is, this is no attempt, no observer is told, no message is sent, nothing runs after a
     * commit. Everything that comes before a commit does run, and deferred constraints are checked.
     *
     * <p>The handler is called on this instance, which must have the listener, and takes a handler permit meanwhile. Set {@code
     * reliable-messaging.listeners.<id>.dry-run=true} for the listener first, if its handler has no effects outside the database of
     * its transaction. Transactions that the handler opens beside its own are refused ({@code REQUIRES_NEW}), and so are
     * {@link MessageSender} and commands. What it does on other threads, or by other clients, cannot be seen and is not undone.
     *
     * @param who the person or job that gives the command
     * @throws DeadLetterNotChangedException if there is no such message
     */
    default DryRun dryRun(long id, String who) {
        return dryRun(id, MessageEdit.headersOnly(), who);
    }

    /**
     * Tries out an edit, as {@link #dryRun(long, String)} does, with the message as it would be after it.
     *
     * @param who the person or job that gives the command
     * @throws EditRefusedException if the edit changes a header that the message's id was taken from, or has more than 1 MB of headers
     * @throws DeadLetterNotChangedException if there is no such message
     */
    default DryRun dryRun(long id, MessageEdit edit, String who) {
        throw new UnsupportedOperationException("dryRun");
    }

    /**
     * Tries out an edit like {@link #dryRun(long, MessageEdit, String)}, and records why.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @throws EditRefusedException if the edit changes a header that the message's id was taken from, or has more than 1 MB of headers
     * @throws DeadLetterNotChangedException if there is no such message
     */
    default DryRun dryRun(long id, MessageEdit edit, String reason, String who) {
        throw new UnsupportedOperationException("dryRun");
    }

    /**
     * Makes a parked message a dead letter, so that the later messages of its key go on. Use it for a message whose handler never
     * returns, or for one of a listener that was removed. A handler that runs for the message gets two seconds to finish. Then
     * its database session is terminated, in whichever instance it runs: its work in the database is rolled back, now or when it
     * returns. Its thread cannot be stopped, and keeps its permit until it returns or its instance is stopped. As for every dead
     * letter, a record goes to the dead-letter topic. Does nothing if the message is a dead letter already.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @throws DeadLetterNotChangedException if there is no such message: it was handled or discarded
     */
    default void makeDead(long id, String reason, String who) {
        throw new UnsupportedOperationException("makeDead");
    }

    /**
     * Makes all parked messages that match dead letters, one by one, as {@link #makeDead(long, String, String)} does. Messages that a
     * handler has right now are left alone. Follow it with {@link #discard(DeadLetterQuery, String, String)} to delete everything of a
     * listener that was removed.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @return how many became dead letters
     * @throws DeadLetterNotChangedException if handlers have some of them right now; all others are dead letters now
     */
    default int makeDead(DeadLetterQuery query, String reason, String who) {
        throw new UnsupportedOperationException("makeDead");
    }

    /**
     * Discards a dead letter for good. If it holds its key, the messages behind it go on.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @throws DeadLetterNotChangedException if there is no such message, if it is not a dead letter, or if a message of its key is
     *     being handled and that takes some seconds more
     */
    void discard(long id, String reason, String who);

    /**
     * Discards all dead letters that match, for good. Parked messages are left alone.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @return how many were discarded
     * @throws DeadLetterNotChangedException if messages of some keys are being handled right now; all others are discarded
     */
    int discard(DeadLetterQuery query, String reason, String who);
}
