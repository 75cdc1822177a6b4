package io.reliablemessaging.dryrun;

import io.reliablemessaging.DryRun;
import io.reliablemessaging.EditRefusedException;
import io.reliablemessaging.MessageEdit;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** Tries out stored messages, and edits of them, with the handlers of this instance. Changes nothing. */
public final class MessageTrials {

    // as for messages that are published
    private static final long MOST_HEADER_BYTES = 1_048_576;

    private final Supplier<@Nullable ListenerHandlers> handlers;

    /**
     * Creates the trials.
     *
     * @param handlers finds handlers; null where no listeners are possible
     */
    public MessageTrials(Supplier<@Nullable ListenerHandlers> handlers) {
        this.handlers = handlers;
    }

    /**
     * Calls the handler with a message, edited, in a transaction that is rolled back.
     *
     * @param begins is called before, unless the dry run is refused
     * @throws EditRefusedException if the message cannot be edited so
     */
    public DryRun dryRun(StoredMessage stored, MessageEdit edit, Runnable begins) {
        Optional<ListenerHandler> found = find(stored.message());
        if (found.isEmpty()) {
            return new DryRun.Refused(missing(stored.message(), "was not tried out", stored.id()));
        }
        ListenerHandler handler = found.get();
        Optional<String> refusal = handler.refusal();
        if (refusal.isPresent()) {
            return new DryRun.Refused(refusal.get());
        }
        ReceivedMessage edited = edited(stored, edit, handler);
        begins.run();
        return handler.dryRun(edited, stored.attempt());
    }

    /**
     * Edits a message, and checks that its handler could take it then. A redriven message begins with its first attempt.
     *
     * @return the edited message; nothing is stored
     * @throws EditRefusedException if the handler could not take it, or is not on this instance
     */
    public ReceivedMessage edit(StoredMessage stored, MessageEdit edit) {
        if (edit.isEmpty()) {
            throw refused(stored, "the edit changes nothing. To have it handled as it is, redrive it");
        }
        ListenerHandler handler = find(stored.message())
                .orElseThrow(() -> new EditRefusedException(missing(stored.message(), "was not edited", stored.id())));
        ReceivedMessage edited = edited(stored, edit, handler);
        try {
            handler.check(edited, 1);
        } catch (RuntimeException e) {
            throw new EditRefusedException(
                    "Dead letter %d was not edited: listener %s could not take the edited message: %s. Nothing was changed; correct the edit"
                            .formatted(stored.id(), handler.listener(), FailureText.of(e)),
                    e);
        }
        return edited;
    }

    private Optional<ListenerHandler> find(ReceivedMessage message) {
        ListenerHandlers known = handlers.get();
        return known == null
                ? Optional.empty()
                : known.find(message.group(), message.message().topic());
    }

    private static ReceivedMessage edited(StoredMessage stored, MessageEdit edit, ListenerHandler handler) {
        WireMessage before = stored.message().message();
        WireMessage after = new WireMessage(
                before.id(),
                before.topic(),
                before.partition(),
                before.key(),
                edit.newPayload().orElse(before.value()),
                headers(stored, edit, handler));
        ReceivedMessage message = stored.message();
        return new ReceivedMessage(
                message.group(), after, message.partition(), message.offset(), message.publishedAt(), message.queue());
    }

    private static Headers headers(StoredMessage stored, MessageEdit edit, ListenerHandler handler) {
        Headers headers = new RecordHeaders(stored.message().message().headers().toArray());
        edit.newHeaders().forEach((name, value) -> {
            if (handler.identityHeaders().contains(name)) {
                throw refused(
                        stored,
                        "header '%s' tells the identity of a message, which an edit keeps. Leave it out"
                                .formatted(name));
            }
            headers.remove(name);
            value.ifPresent(bytes -> headers.add(name, bytes));
        });
        if (!edit.newHeaders().isEmpty() && size(headers) > MOST_HEADER_BYTES) {
            throw refused(
                    stored,
                    "its headers would have %d bytes, and at most %d are allowed. Put the data into the payload"
                            .formatted(size(headers), MOST_HEADER_BYTES));
        }
        return headers;
    }

    private static long size(Headers headers) {
        long size = 0;
        for (Header header : headers) {
            size += header.key().length() + (header.value() == null ? 0 : header.value().length);
        }
        return size;
    }

    private static EditRefusedException refused(StoredMessage stored, String why) {
        return new EditRefusedException("Dead letter %d was not edited: %s".formatted(stored.id(), why));
    }

    private static String missing(ReceivedMessage message, String outcome, long id) {
        return "Dead letter %d %s: this instance has no listener of group %s for topic %s, whose handler must check it. Give the command on an instance that has the listener"
                .formatted(id, outcome, message.group(), message.message().topic());
    }
}
