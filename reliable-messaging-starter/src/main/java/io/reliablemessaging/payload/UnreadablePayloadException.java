package io.reliablemessaging.payload;

import io.reliablemessaging.UnrecoverableMessageException;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * Reports that a payload cannot be read, without any part of the payload: exceptions of parsers quote it, so only their classes,
 * positions and stack traces are used.
 */
final class UnreadablePayloadException extends RuntimeException {

    private static final int DEPTH = 20;
    private static final String LEFT_OUT = " (its text is left out, as it may quote the payload)";

    private UnreadablePayloadException(String what, Throwable original) {
        super(what);
        setStackTrace(original.getStackTrace());
    }

    /**
     * The payload that is being read.
     *
     * @param size its size in bytes
     * @param headers headers of its record, as received
     * @param wanted type that the handler takes
     * @param reader name of the parser
     */
    record Reading(int size, Headers headers, PayloadType wanted, String reader) {}

    /**
     * Creates the exception to throw for an exception of a parser.
     *
     * @param failure exception of the parser; null if it is not known
     * @return an {@link UnrecoverableMessageException}, or the failure itself if the parser could not reach something it needs, which
     *     is not the payload's fault
     */
    static RuntimeException of(Reading reading, @Nullable Throwable failure) {
        if (failure instanceof RuntimeException unreachable && isUnreachable(unreachable)) {
            return unreachable;
        }
        String text = "Payload of %d bytes cannot be read as %s by %s"
                .formatted(reading.size(), reading.wanted().name(), reading.reader());
        return failure == null
                ? new UnrecoverableMessageException(text)
                : new UnrecoverableMessageException(text + ": " + reason(failure, reading), withoutTexts(failure, 0));
    }

    private static String reason(Throwable failure, Reading reading) {
        String header =
                TypeHeaderFault.of(failure, reading.headers(), reading.wanted().name());
        if (header != null) {
            return header;
        }
        Throwable each = failure;
        for (int i = 0; each != null && i < DEPTH; i++, each = each.getCause()) {
            if (each instanceof JacksonException parser) {
                return parser.getClass().getName() + JsonFault.of(parser);
            }
        }
        return failure.getClass().getName() + LEFT_OUT;
    }

    private static Throwable withoutTexts(Throwable failure, int depth) {
        UnreadablePayloadException copy =
                new UnreadablePayloadException(failure.getClass().getName() + LEFT_OUT, failure);
        Throwable cause = failure.getCause();
        if (cause != null && depth < DEPTH) {
            Throwable unused = copy.initCause(withoutTexts(cause, depth + 1));
        }
        return copy;
    }

    // for example, a schema registry could not be reached
    private static boolean isUnreachable(Throwable failure) {
        Throwable each = failure;
        for (int i = 0; each != null && i < DEPTH; i++, each = each.getCause()) {
            if (each instanceof SocketException
                    || each instanceof UnknownHostException
                    || each instanceof InterruptedIOException
                    || each instanceof ClosedChannelException
                    || each instanceof TimeoutException
                    || each instanceof RetriableException
                    || each instanceof InterruptException) {
                return true;
            }
        }
        return false;
    }
}
