package io.reliablemessaging;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a dry run: the handler was called with a message, in a transaction that was checked as for a commit and then
 * rolled back. Nothing is counted as an attempt, and what the handler has published is dropped.
 */
public sealed interface DryRun {

    /** The step of a dry run in which the message fails. */
    enum Stage {
        /** The payload or a header cannot become an argument of the handler. */
        CONVERSION,
        /** An argument is not valid. */
        VALIDATION,
        /** The handler throws an exception. */
        HANDLER,
        /** The handler returns, but its transaction cannot be committed. */
        COMMIT
    }

    /**
     * The message would be handled.
     *
     * @param took how long the transaction ran
     * @param published how many messages the handler would have published
     */
    record WouldSucceed(Duration took, int published) implements DryRun {}

    /**
     * The message would fail.
     *
     * @param stage the step in which it fails
     * @param errorClass class of the exception
     * @param errorMessage message of the exception, bounded; null if it has none
     * @param stackTrace stack trace of the exception, bounded; null if there is none
     * @param took how long the transaction ran
     */
    record WouldFail(
            Stage stage,
            String errorClass,
            @Nullable String errorMessage,
            @Nullable String stackTrace,
            Duration took) implements DryRun {}

    /**
     * It is not known whether the message would be handled: the dry run did not begin, or the handler tried to do what the rollback
     * would not undo, which was prevented.
     *
     * @param reason what was refused, and what to do
     */
    record Refused(String reason) implements DryRun {}
}
