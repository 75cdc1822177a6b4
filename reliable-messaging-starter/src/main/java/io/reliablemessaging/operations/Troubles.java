package io.reliablemessaging.operations;

import io.reliablemessaging.Trouble;
import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.deadletter.ParkedQueues.Adopted;
import io.reliablemessaging.outbox.BacklogGuard;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.relay.RelayState;
import io.reliablemessaging.text.DurationText;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What is wrong: what the watch has seen in the tables, and what the stages of this instance say of themselves. */
final class Troubles {

    // long enough for a person to see it
    private static final Duration ADOPTED_SHOWN_FOR = Duration.ofHours(1);
    // a short peak needs no larger pool
    private static final Duration LONG_LIMITED = Duration.ofMinutes(1);

    private final Stages stages;
    private final Infrastructure infrastructure;
    private final InstantSource clock;
    private volatile List<Sign> seen = List.of();
    private final Map<Key, Instant> noticed = new HashMap<>();

    private record Key(Kind kind, String where) {}

    Troubles(Stages stages, Infrastructure infrastructure, InstantSource clock) {
        this.stages = stages;
        this.infrastructure = infrastructure;
        this.clock = clock;
    }

    /** The tables were looked at. */
    void note(List<Sign> signs) {
        seen = List.copyOf(signs);
        var unused = all(); // takes note of when
    }

    /** All of them, the gravest first. */
    synchronized List<Trouble> all() {
        List<Sign> signs = new ArrayList<>(seen);
        ofTheRelay(signs);
        ofTheBacklog(signs);
        ofTheParked(signs);
        stages.listeners()
                .all()
                .forEach(listener -> signs.addAll(
                        ListenerSigns.of(listener, stages.listeners().handlerLimit(listener.id()))));
        stages.listeners()
                .shortage(LONG_LIMITED)
                .ifPresent(what -> signs.add(new Sign(Kind.HANDLERS_LIMITED, "connection pool", what)));
        signs.removeIf(this::followsFromAnOutage);
        ofTheInfrastructure(signs);
        noticed.keySet().retainAll(signs.stream().map(Troubles::key).toList());
        return signs.stream()
                .map(this::dated)
                .sorted(Comparator.comparing(Trouble::kind).thenComparing(Trouble::where))
                .toList();
    }

    private Trouble dated(Sign sign) {
        Instant first = noticed.computeIfAbsent(key(sign), key -> clock.instant());
        return new Trouble(sign.kind(), sign.where(), sign.what(), Objects.requireNonNullElse(sign.since(), first));
    }

    private static Key key(Sign sign) {
        return new Key(sign.kind(), sign.where());
    }

    private void ofTheInfrastructure(List<Sign> signs) {
        infrastructure
                .postgres()
                .away()
                .ifPresent(away -> signs.add(new Sign(
                        Kind.POSTGRES_AWAY,
                        "database",
                        "PostgreSQL does not answer: %s".formatted(away.cause()),
                        away.since())));
        infrastructure
                .postgres()
                .refusal()
                .ifPresent(refusal -> signs.add(new Sign(Kind.RIGHT_MISSING, "database", refusal)));
        infrastructure
                .kafka()
                .away()
                .ifPresent(away -> signs.add(new Sign(
                        Kind.KAFKA_AWAY, "cluster", "no broker answers: %s".formatted(away.cause()), away.since())));
    }

    /** Whether an outage that is shown explains it, so that it is nothing new. */
    private boolean followsFromAnOutage(Sign sign) {
        boolean postgres = infrastructure.postgres().isAway();
        boolean kafka = infrastructure.kafka().isAway();
        return switch (sign.kind()) {
            case RELAY_FAILING, TABLES_UNREADABLE -> postgres;
            case RELAY_STALLED -> postgres || kafka;
            case LISTENER_WAITS -> postgres && sign.what().startsWith(ListenerSigns.DATABASE);
            default -> false;
        };
    }

    private void ofTheRelay(List<Sign> signs) {
        RelayState relay = stages.relay();
        if (relay == null) {
            return;
        }
        String refusal = relay.refusal();
        if (refusal != null) {
            signs.add(
                    new Sign(Kind.RELAY_REFUSED, "relay", "Kafka refuses this application as a producer: " + refusal));
        }
        String trouble = relay.trouble();
        if (trouble != null) {
            signs.add(new Sign(Kind.RELAY_FAILING, "relay", trouble));
        }
        String aside = relay.aside();
        if (aside != null) {
            signs.add(new Sign(Kind.RELAY_ASIDE, "relay", aside));
        }
        for (String topic : relay.heldTopics()) {
            String why = relay.whyHeld(topic);
            String what = "it takes no records; its messages wait, others flow";
            signs.add(new Sign(Kind.TOPIC_HELD, topic, why == null ? what : what + ": " + why));
        }
    }

    private void ofTheBacklog(List<Sign> signs) {
        BacklogGuard guard = stages.guard();
        if (guard != null && guard.isExceeded()) {
            signs.add(new Sign(
                    Kind.BACKLOG_TOO_OLD,
                    "outbox",
                    "the oldest message has been waiting for more than %s (%s)"
                            .formatted(DurationText.of(guard.limit()), "reliable-messaging.outbox.max-backlog-age")));
        }
    }

    private void ofTheParked(List<Sign> signs) {
        Adopted adopted = stages.parked().adopted();
        Instant last = adopted.last();
        if (last != null && clock.instant().isBefore(last.plus(ADOPTED_SHOWN_FOR))) {
            signs.add(new Sign(
                    Kind.PARKED_MESSAGES_ADOPTED,
                    "parked messages",
                    ("%d waited without a row for their key in table parked_key, so that nobody would have handled them;"
                                    + " they were put back in line. Later messages of their keys may have overtaken them")
                            .formatted(adopted.messages()),
                    last));
        }
    }
}
