package io.reliablemessaging.operations;

import io.reliablemessaging.Trouble;
import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.deadletter.ParkedQueues.Adopted;
import io.reliablemessaging.publish.BacklogGuard;
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

/** Collects what is wrong: troubles that the monitor has found in the tables, and what the stages of this instance report. */
final class Troubles {

    // long enough for a person to see it
    private static final Duration ADOPTED_SHOWN_FOR = Duration.ofHours(1);
    // a short peak does not call for a larger pool
    private static final Duration LONG_LIMITED = Duration.ofMinutes(1);

    private final StageReaders stageReaders;
    private final Infrastructure infrastructure;
    private final InstantSource clock;
    private volatile List<ObservedTrouble> seen = List.of();
    private final Map<Key, Instant> noticed = new HashMap<>();

    private record Key(Kind kind, String where) {}

    Troubles(StageReaders stageReaders, Infrastructure infrastructure, InstantSource clock) {
        this.stageReaders = stageReaders;
        this.infrastructure = infrastructure;
        this.clock = clock;
    }

    /** Stores the troubles that were found in the tables. */
    void note(List<ObservedTrouble> signs) {
        seen = List.copyOf(signs);
        var unused = collect(); // to note when each trouble was first seen
    }

    /** Collects all troubles, the gravest first, and notes when each was first seen. */
    synchronized List<Trouble> collect() {
        List<ObservedTrouble> signs = new ArrayList<>(seen);
        addRelay(signs);
        addBacklog(signs);
        addParked(signs);
        stageReaders
                .receiving()
                .listeners()
                .all()
                .forEach(listener -> signs.addAll(ListenerTroubles.of(
                        listener,
                        stageReaders.receiving().listeners().handlerLimit(listener.id()),
                        infrastructure.postgres().isAway())));
        stageReaders
                .receiving()
                .listeners()
                .shortage(LONG_LIMITED)
                .ifPresent(what -> signs.add(new ObservedTrouble(Kind.HANDLERS_LIMITED, "connection pool", what)));
        signs.removeIf(this::followsFromAnOutage);
        addInfrastructure(signs);
        noticed.keySet().retainAll(signs.stream().map(Troubles::key).toList());
        return signs.stream()
                .map(this::dated)
                .sorted(Comparator.comparing(Trouble::kind).thenComparing(Trouble::where))
                .toList();
    }

    private Trouble dated(ObservedTrouble observedTrouble) {
        Instant first = noticed.computeIfAbsent(key(observedTrouble), key -> clock.instant());
        return new Trouble(
                observedTrouble.kind(),
                observedTrouble.where(),
                observedTrouble.what(),
                Objects.requireNonNullElse(observedTrouble.since(), first));
    }

    private static Key key(ObservedTrouble observedTrouble) {
        return new Key(observedTrouble.kind(), observedTrouble.where());
    }

    private void addInfrastructure(List<ObservedTrouble> signs) {
        infrastructure
                .postgres()
                .away()
                .ifPresent(away -> signs.add(new ObservedTrouble(
                        Kind.POSTGRES_AWAY,
                        "database",
                        "PostgreSQL does not answer: %s".formatted(away.cause()),
                        away.since())));
        infrastructure
                .postgres()
                .refusal()
                .ifPresent(refusal -> signs.add(new ObservedTrouble(Kind.RIGHT_MISSING, "database", refusal)));
        infrastructure
                .kafka()
                .away()
                .ifPresent(away -> signs.add(new ObservedTrouble(
                        Kind.KAFKA_AWAY, "cluster", "no broker answers: %s".formatted(away.cause()), away.since())));
    }

    /** Tells whether a reported outage explains the trouble, so that it needs no report of its own. */
    private boolean followsFromAnOutage(ObservedTrouble observedTrouble) {
        boolean postgres = infrastructure.postgres().isAway();
        boolean kafka = infrastructure.kafka().isAway();
        return switch (observedTrouble.kind()) {
            case RELAY_FAILING, TABLES_UNREADABLE -> postgres;
            case RELAY_STALLED -> postgres || kafka;
            default -> false;
        };
    }

    private void addRelay(List<ObservedTrouble> signs) {
        RelayState relay = stageReaders.sending().relay();
        if (relay == null) {
            return;
        }
        String refusal = relay.refusal();
        if (refusal != null) {
            signs.add(new ObservedTrouble(
                    Kind.RELAY_REFUSED, "relay", "Kafka refuses this application as a producer: " + refusal));
        }
        String trouble = relay.trouble();
        if (trouble != null) {
            signs.add(new ObservedTrouble(Kind.RELAY_FAILING, "relay", trouble));
        }
        String aside = relay.whyAside();
        if (aside != null) {
            signs.add(new ObservedTrouble(Kind.RELAY_ASIDE, "relay", aside));
        }
        for (String topic : relay.heldTopics()) {
            String why = relay.whyHeld(topic);
            String what = "it accepts no records; its messages wait, other topics go on";
            signs.add(new ObservedTrouble(Kind.TOPIC_HELD, topic, why == null ? what : what + ": " + why));
        }
    }

    private void addBacklog(List<ObservedTrouble> signs) {
        BacklogGuard guard = stageReaders.outbox().guard();
        if (guard != null && guard.isExceeded()) {
            signs.add(new ObservedTrouble(
                    Kind.BACKLOG_TOO_OLD,
                    "outbox",
                    "the oldest message has been waiting for more than %s (%s)"
                            .formatted(DurationText.of(guard.limit()), "reliable-messaging.outbox.max-backlog-age")));
        }
    }

    private void addParked(List<ObservedTrouble> signs) {
        Adopted adopted = stageReaders.parked().queues().adopted();
        Instant last = adopted.last();
        if (last != null && clock.instant().isBefore(last.plus(ADOPTED_SHOWN_FOR))) {
            signs.add(new ObservedTrouble(
                    Kind.PARKED_MESSAGES_ADOPTED,
                    "parked messages",
                    ("%d waited without a row for their key in table parked_key, so no instance would have handled them;"
                                    + " they were scheduled again. Later messages of their keys may have overtaken them")
                            .formatted(adopted.messages()),
                    last));
        }
    }
}
