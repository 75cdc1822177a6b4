package io.reliablemessaging.operations;

import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.Finding;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessageTrace;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.MessagingSnapshot;
import io.reliablemessaging.MessagingSnapshot.Capacity;
import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.MessagingSnapshot.Relay;
import io.reliablemessaging.Trouble;
import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.relay.RelayState;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Puts together what the stages tell. */
final class Operations implements MessagingOperations {

    private final Stages stages;
    private final TablesMemory memory;
    private final Troubles troubles;
    private final Counters counters;
    private final Ledger ledger;
    private final Supplier<List<Finding>> findings;
    private final InstantSource clock;

    Operations(
            Stages stages,
            TablesMemory memory,
            Troubles troubles,
            Counters counters,
            Supplier<List<Finding>> findings,
            InstantSource clock) {
        this.stages = stages;
        this.memory = memory;
        this.troubles = troubles;
        this.counters = counters;
        this.ledger = new Ledger(stages);
        this.findings = findings;
        this.clock = clock;
    }

    @Override
    public MessagingSnapshot snapshot() {
        return with(Tables.read(stages, clock.instant()));
    }

    @Override
    public MessagingSnapshot lastSnapshot() {
        return with(memory.lastWanted());
    }

    @Override
    public Optional<Instant> tablesReadAt() {
        return Optional.ofNullable(memory.last().readAt());
    }

    private MessagingSnapshot with(Tables tables) {
        return new MessagingSnapshot(
                clock.instant(),
                tables.readAt(),
                troubles(),
                findings.get(),
                relay(),
                tables.outbox(),
                tables.lanes(),
                listeners(),
                capacity().orElse(null),
                tables.setAside(),
                tables.inbox(),
                counters.lately());
    }

    @Override
    public List<Trouble> troubles() {
        return troubles.all();
    }

    @Override
    public List<Listener> listeners() {
        return stages.listeners().all();
    }

    @Override
    public Optional<Capacity> capacity() {
        return stages.listeners().capacity();
    }

    @Override
    public MessageTrace trace(MessageId id) {
        return ledger.trace(id);
    }

    @Override
    public void skip(String group, String topic, int partition, long offset, String who) {
        requireReader(group, topic);
        if (partition < 0 || offset < 0) {
            throw new IllegalArgumentException(
                    "No record is at partition %d, offset %d; both begin with 0".formatted(partition, offset));
        }
        if (who.isBlank()) {
            throw new IllegalArgumentException("Say who skips the record; it is written down in operation_log");
        }
        stages.watch().skip(group, topic, partition, offset, who);
    }

    @Override
    public void makeDead(String group, String topic, int partition, long offset, String reason, String who) {
        requireListener(group, topic);
        if (who.isBlank() || reason.isBlank()) {
            throw new IllegalArgumentException(
                    "Say who makes the message a dead letter, and why; it is written down in operation_log");
        }
        ReceivedMessage message = stages.listeners()
                .read(stages.search(), group, topic, partition, offset)
                .orElseThrow(() -> new IllegalArgumentException(
                        "There is no record at %s-%d@%d; it is not written yet, or Kafka has deleted it. One that waits for its next attempt can be made a dead letter by its number: DeadLetters.find tells it"
                                .formatted(topic, partition, offset)));
        if (stages.watch().isForgotten(group, topic, partition, offset)) {
            throw new DeadLetterNotChangedException(
                    "The message at %s-%d@%d was not made a dead letter: group %s has taken charge of it long ago"
                            .formatted(topic, partition, offset, group));
        }
        boolean unused = stages.makeDead().one(message, who, reason);
    }

    @Override
    public void growLanes(int lanes, String who) {
        if (who.isBlank()) {
            throw new IllegalArgumentException("Say who adds lanes; it is written down in operation_log");
        }
        stages.growth().grow(lanes, who);
    }

    // a name with a typing error would do nothing, in silence
    private void requireReader(String group, String topic) {
        requireListener(group, topic);
        if (stages.listeners().isShared(group)) {
            throw new IllegalArgumentException(
                    "Group %s has no order: the cluster lends its records one by one, and gives one up by itself that was lent too often"
                            .formatted(group));
        }
    }

    private void requireListener(String group, String topic) {
        if (listeners().stream()
                .noneMatch(each -> each.group().equals(group) && each.topics().contains(topic))) {
            throw new IllegalArgumentException(
                    "No listener of this instance reads topic %s for group %s. Those that there are: %s"
                            .formatted(
                                    topic,
                                    group,
                                    listeners().stream()
                                            .map(each -> "%s %s".formatted(each.group(), each.topics()))
                                            .toList()));
        }
    }

    private @Nullable Relay relay() {
        RelayState relay = stages.relay();
        return relay == null
                ? null
                : new Relay(
                        relay.instance(),
                        relay.host(),
                        relay.isRunning(),
                        relay.lanes().size(),
                        relay.refusal(),
                        relay.trouble() == null ? relay.aside() : relay.trouble(),
                        Collections.unmodifiableSortedSet(new TreeSet<>(relay.heldTopics())));
    }
}
