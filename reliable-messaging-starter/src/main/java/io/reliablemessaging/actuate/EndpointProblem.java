package io.reliablemessaging.actuate;

import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DelayedMessageNotChangedException;
import io.reliablemessaging.EditRefusedException;
import io.reliablemessaging.RedriveJobNotChangedException;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.retry.FailureKind;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.transaction.TransactionException;

/** Refuses a call of the endpoint, and says what was wrong. Nothing was changed. */
final class EndpointProblem extends RuntimeException {

    private static final Set<FailureKind> PASSING = EnumSet.of(
            FailureKind.DATABASE_AWAY,
            FailureKind.POOL_EXHAUSTED,
            FailureKind.CONFLICT,
            FailureKind.TRANSACTION_TIMEOUT);

    private final Kind kind;

    /** What is wrong with a call. */
    enum Kind {
        /** A field is missing, unknown or has a value that it cannot have. */
        BAD_INPUT(400, "Bad input"),
        /** There is no such path, message, job or listener. */
        NOT_FOUND(404, "Not found"),
        /** The path exists, for the other method. */
        WRONG_METHOD(405, "Wrong method"),
        /** What the command is for is in another state than the command needs. */
        WRONG_STATE(409, "Wrong state"),
        /** The command could be carried out, but its result would not work. */
        REFUSED(422, "Refused"),
        /** PostgreSQL does not answer, or not in time. */
        DATABASE_AWAY(503, "Database does not answer");

        private final int status;
        private final String title;

        Kind(int status, String title) {
            this.status = status;
            this.title = title;
        }

        private String type() {
            return "urn:reliable-messaging:" + name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * The problem as RFC 9457 writes it.
     *
     * @param type names the kind of the problem, for programs
     * @param title names it, for people
     * @param status the HTTP status
     * @param detail what is wrong with this call, and what to do
     */
    record Document(String type, String title, int status, String detail) {}

    private EndpointProblem(Kind kind, String detail, RuntimeException cause) {
        super(detail, cause);
        this.kind = kind;
    }

    EndpointProblem(Kind kind, String detail) {
        super(detail);
        this.kind = kind;
    }

    static EndpointProblem badInput(String detail) {
        return new EndpointProblem(Kind.BAD_INPUT, detail);
    }

    static EndpointProblem notFound(String detail) {
        return new EndpointProblem(Kind.NOT_FOUND, detail);
    }

    static EndpointProblem wrongState(String detail) {
        return new EndpointProblem(Kind.WRONG_STATE, detail);
    }

    /**
     * Finds the problem behind an exception of the API.
     *
     * @throws RuntimeException the exception itself, if it is a fault of ours or of the application's
     */
    static EndpointProblem of(RuntimeException failure) {
        if (failure instanceof EndpointProblem problem) {
            return problem;
        }
        if (failure instanceof EditRefusedException) {
            return new EndpointProblem(Kind.REFUSED, text(failure), failure);
        }
        if (failure instanceof DelayedMessageNotChangedException) {
            return new EndpointProblem(Kind.NOT_FOUND, text(failure), failure);
        }
        if (failure instanceof DeadLetterNotChangedException || failure instanceof RedriveJobNotChangedException) {
            return new EndpointProblem(Kind.WRONG_STATE, text(failure), failure);
        }
        if (failure instanceof IllegalArgumentException) {
            return new EndpointProblem(Kind.BAD_INPUT, text(failure), failure);
        }
        if (isDatabaseAway(failure)) {
            return new EndpointProblem(
                    Kind.DATABASE_AWAY,
                    "PostgreSQL does not answer, or not in time (%s). Try again; if it was a command, first see whether it was carried out"
                            .formatted(failure.getClass().getSimpleName()),
                    failure);
        }
        throw failure;
    }

    Document document() {
        return new Document(kind.type(), kind.title, kind.status, text(this));
    }

    int status() {
        return kind.status;
    }

    private static boolean isDatabaseAway(RuntimeException failure) {
        return failure instanceof QueryTimeoutException
                || ((failure instanceof DataAccessException || failure instanceof TransactionException)
                        && PASSING.contains(FailureJudge.kindOf(failure)));
    }

    private static String text(RuntimeException failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
