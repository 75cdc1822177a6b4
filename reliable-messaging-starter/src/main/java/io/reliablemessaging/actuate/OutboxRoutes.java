package io.reliablemessaging.actuate;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.OutboxReplay;
import io.reliablemessaging.QuarantinedKey;
import io.reliablemessaging.actuate.EndpointRoute.Done;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lists quarantined keys, has people decide about them, and publishes sent messages again. A quarantined key is named by the id of its
 * first message: keys can be personal data, and whoever has seen one first message never discards another one.
 */
final class OutboxRoutes implements EndpointRoute.Group {

    private final OutboxQuarantine quarantine;
    private final Supplier<@Nullable OutboxReplay> replay;
    private final boolean showContent;

    /**
     * Creates the routes.
     *
     * @param replay returns what publishes again; null if sent messages are not stored
     */
    OutboxRoutes(OutboxQuarantine quarantine, Supplier<@Nullable OutboxReplay> replay, boolean showContent) {
        this.quarantine = quarantine;
        this.replay = replay;
        this.showContent = showContent;
    }

    /** The oldest quarantined keys, and how many there are. */
    record Page(List<Key> quarantined, int keys) {}

    /** A quarantined key; the components are those of {@link QuarantinedKey}. */
    record Key(
            String first,
            String topic,
            @Nullable String key,
            int messages,
            @Nullable String errorClass,
            @Nullable String errorMessage,
            Instant since,
            boolean released) {}

    @Override
    public List<EndpointRoute> routes() {
        return List.of(
                EndpointRoute.read("quarantine", this::list, "limit"),
                EndpointRoute.command("quarantine/{messageId}/release", this::release),
                EndpointRoute.command("quarantine/{messageId}/skip", this::skip),
                EndpointRoute.command("quarantine/{messageId}/discard", this::discard),
                EndpointRoute.command("outbox/replay", this::replay, "topic", "key", "from", "until"));
    }

    private Object list(EndpointCall call) {
        List<QuarantinedKey> all = quarantine.find();
        return new Page(all.stream().limit(call.limit()).map(this::shown).toList(), all.size());
    }

    private Object release(EndpointCall call) {
        QuarantinedKey key = find(call);
        int sent = quarantine.release(key.topic(), key.key(), call.reason(), call.who());
        return new Done(sent, "%d messages will be sent".formatted(sent));
    }

    private Object skip(EndpointCall call) {
        QuarantinedKey key = find(call);
        int sent = quarantine.skip(key.topic(), key.key(), call.reason(), call.who());
        return new Done(sent, "Message %s is discarded; %d later ones will be sent".formatted(key.first(), sent));
    }

    private Object discard(EndpointCall call) {
        QuarantinedKey key = find(call);
        int discarded = quarantine.discard(key.topic(), key.key(), call.reason(), call.who());
        return new Done(discarded, "%d messages are discarded".formatted(discarded));
    }

    private Object replay(EndpointCall call) {
        String topic = call.required("topic");
        Instant from = call.requiredInstant("from");
        Instant until = call.requiredInstant("until");
        OutboxReplay stored = replay.get();
        if (stored == null) {
            throw EndpointProblem.wrongState(
                    "Sent messages are not stored here; set reliable-messaging.outbox.retention to store those of the future");
        }
        long published = stored.replay(topic, call.text("key"), from, until, call.reason(), call.who());
        return new Done(published, "%d messages are published again".formatted(published));
    }

    private QuarantinedKey find(EndpointCall call) {
        MessageId first = call.messageId();
        return quarantine.find().stream()
                .filter(each -> each.first().equals(first))
                .findFirst()
                .orElseThrow(() -> EndpointProblem.notFound(
                        "Message %s is not the first quarantined message of a key. See GET /quarantine: another person may have decided about it"
                                .formatted(first)));
    }

    private Key shown(QuarantinedKey key) {
        return new Key(
                key.first().toString(),
                key.topic(),
                showContent ? key.key() : null,
                key.messages(),
                key.errorClass(),
                key.errorMessage(),
                key.since(),
                key.released());
    }
}
