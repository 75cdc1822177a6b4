package io.reliablemessaging.actuate;

import io.reliablemessaging.DelayedMessage;
import io.reliablemessaging.DelayedMessages;
import io.reliablemessaging.actuate.EndpointRoute.Done;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lists delayed messages, and has people send them now or cancel them. */
final class DelayedRoutes implements EndpointRoute.Group {

    private final DelayedMessages delayed;
    private final boolean showContent;

    DelayedRoutes(DelayedMessages delayed, boolean showContent) {
        this.delayed = delayed;
        this.showContent = showContent;
    }

    /** A page of delayed messages; {@code next} is the value of {@code after} for the next page, null if this is the last one. */
    record Page(List<Delayed> delayedMessages, @Nullable Long next) {}

    /** A delayed message; the components are those of {@link DelayedMessage}. */
    record Delayed(
            long number,
            String id,
            String topic,
            @Nullable String key,
            Instant dueAt,
            @Nullable Instant publishedAt,
            long bytes) {}

    @Override
    public List<EndpointRoute> routes() {
        return List.of(
                EndpointRoute.read("delayed-messages", this::list, "topic", "key", "after", "limit"),
                EndpointRoute.command("delayed-messages/{messageId}/send-now", this::sendNow),
                EndpointRoute.command("delayed-messages/{messageId}/cancel", this::cancel));
    }

    private Object list(EndpointCall call) {
        int limit = call.limit();
        Long after = call.number("after");
        List<Delayed> found =
                delayed.find(call.text("topic"), call.text("key"), after == null ? 0 : after, limit).stream()
                        .map(this::shown)
                        .toList();
        return new Page(
                found, found.size() < limit ? null : found.get(found.size() - 1).number());
    }

    private Object sendNow(EndpointCall call) {
        delayed.sendNow(call.messageId(), call.reason(), call.who());
        return new Done(1, "Message %s is in the outbox and will be sent".formatted(call.messageId()));
    }

    private Object cancel(EndpointCall call) {
        delayed.cancel(call.messageId(), call.reason(), call.who());
        return new Done(1, "Message %s is cancelled: it will not be sent".formatted(call.messageId()));
    }

    private Delayed shown(DelayedMessage message) {
        return new Delayed(
                message.number(),
                message.id().toString(),
                message.topic(),
                showContent ? message.key() : null,
                message.dueAt(),
                message.publishedAt(),
                message.bytes());
    }
}
