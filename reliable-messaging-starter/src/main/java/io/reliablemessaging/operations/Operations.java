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
import io.reliablemessaging.OperationLogEntry;
import io.reliablemessaging.OperationLogQuery;
import io.reliablemessaging.Trouble;
import io.reliablemessaging.operationlog.OperationLog;
import io.reliablemessaging.relay.RelayState;
import io.reliablemessaging.wire.ReceivedMessage;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Collects the reports of all stages. */
final class Operations implements MessagingOperations {

    private final StageReaders stageReaders;
    private final TablesCache cache;
    private final Troubles troubles;
    private final ThroughputCounters throughputCounters;
    private final MessageLedger messageLedger;
    private final Supplier<List<Finding>> findings;
    private final InstantSource clock;

    Operations(
            StageReaders stageReaders,
            TablesCache cache,
            Troubles troubles,
            ThroughputCounters throughputCounters,
            Supplier<List<Finding>> findings,
            InstantSource clock) {
        this.stageReaders = stageReaders;
        this.cache = cache;
        this.troubles = troubles;
        this.throughputCounters = throughputCounters;
        this.messageLedger = new MessageLedger(stageReaders);
        this.findings = findings;
        this.clock = clock;
    }

    @Override
    public MessagingSnapshot snapshot() {
        return snapshot(TablesSnapshot.read(stageReaders, clock.instant()));
    }

    @Override
    public MessagingSnapshot lastSnapshot() {
        return snapshot(cache.requestLast());
    }

    @Override
    public Optional<Instant> tablesReadAt() {
        return Optional.ofNullable(cache.last().readAt());
    }

    private MessagingSnapshot snapshot(TablesSnapshot tablesSnapshot) {
        return new MessagingSnapshot(
                clock.instant(),
                tablesSnapshot.readAt(),
                troubles(),
                findings.get(),
                relay(),
                tablesSnapshot.outbox(),
                tablesSnapshot.lanes(),
                listeners(),
                capacity().orElse(null),
                tablesSnapshot.setAside(),
                tablesSnapshot.inbox(),
                throughputCounters.lately());
    }

    @Override
    public List<Trouble> troubles() {
        return troubles.collect();
    }

    @Override
    public List<Listener> listeners() {
        return stageReaders.receiving().listeners().all();
    }

    @Override
    public Optional<Capacity> capacity() {
        return stageReaders.receiving().listeners().capacity();
    }

    @Override
    public MessageTrace trace(MessageId id) {
        return messageLedger.trace(id);
    }

    @Override
    public void skip(String group, String topic, int partition, long offset, String who) {
        skipRecord(group, topic, partition, offset, null, who);
    }

    @Override
    public void skip(String group, String topic, int partition, long offset, String reason, String who) {
        skipRecord(group, topic, partition, offset, OperationLog.requireReason(reason), who);
    }

    private void skipRecord(
            String group, String topic, int partition, long offset, @Nullable String reason, String who) {
        requireReader(group, topic);
        if (partition < 0 || offset < 0) {
            throw new IllegalArgumentException(
                    "No record is at partition %d, offset %d; both begin with 0".formatted(partition, offset));
        }
        if (who.isBlank()) {
            throw new IllegalArgumentException("Say who skips the record; it is recorded in table operation_log");
        }
        stageReaders.receiving().history().skip(group, topic, partition, offset, reason, who);
    }

    @Override
    public void makeDead(String group, String topic, int partition, long offset, String reason, String who) {
        requireListener(group, topic);
        if (who.isBlank() || reason.isBlank()) {
            throw new IllegalArgumentException(
                    "Say who makes the message a dead letter, and why; it is recorded in table operation_log");
        }
        ReceivedMessage message = stageReaders
                .receiving()
                .listeners()
                .read(stageReaders.cluster().search(), group, topic, partition, offset)
                .orElseThrow(() -> new IllegalArgumentException(
                        "There is no record at %s-%d@%d: it is not written yet, or Kafka has deleted it. A parked message can be made a dead letter by its number, which DeadLetters.find returns"
                                .formatted(topic, partition, offset)));
        if (stageReaders.receiving().history().isForgotten(group, topic, partition, offset)) {
            throw new DeadLetterNotChangedException(
                    "The message at %s-%d@%d was not made a dead letter: group %s has taken charge of it long ago"
                            .formatted(topic, partition, offset, group));
        }
        boolean unused = stageReaders.parked().makeDead().makeDead(message, who, reason);
    }

    @Override
    public boolean pauseListener(String listener, String reason, String who) {
        Listener found = findListener(listener);
        requireTexts("pauses the listener", reason, who);
        return stageReaders.receiving().pauses().pause(found.id(), found.group(), found.topics(), reason, who);
    }

    @Override
    public boolean resumeListener(String listener, String reason, String who) {
        Listener found = findListener(listener);
        requireTexts("has the listener go on", reason, who);
        return stageReaders.receiving().pauses().resume(found.id(), found.group(), found.topics(), reason, who);
    }

    private Listener findListener(String id) {
        return stageReaders
                .receiving()
                .listeners()
                .find(id)
                .orElseThrow(() -> new IllegalArgumentException("This instance has no listener %s. It has these: %s"
                        .formatted(id, listeners().stream().map(Listener::id).toList())));
    }

    private static void requireTexts(String does, String reason, String who) {
        if (who.isBlank() || reason.isBlank() || (who + reason).indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    "Say who %s, and why, without NUL; it is recorded in table operation_log".formatted(does));
        }
    }

    @Override
    public void growLanes(int lanes, String who) {
        addLanes(lanes, null, who);
    }

    @Override
    public void growLanes(int lanes, String reason, String who) {
        addLanes(lanes, OperationLog.requireReason(reason), who);
    }

    private void addLanes(int lanes, @Nullable String reason, String who) {
        if (who.isBlank()) {
            throw new IllegalArgumentException("Say who adds lanes; it is recorded in table operation_log");
        }
        stageReaders.sending().growth().grow(lanes, reason, who);
    }

    @Override
    public List<OperationLogEntry> operationLog(OperationLogQuery query) {
        return stageReaders.tables().log().read(query);
    }

    // a misspelt name would otherwise be accepted and have no effect
    private void requireReader(String group, String topic) {
        requireListener(group, topic);
        if (stageReaders.receiving().listeners().isShared(group)) {
            throw new IllegalArgumentException(
                    "Group %s is a share group: the cluster delivers its records one by one, and gives up a record by itself after too many deliveries"
                            .formatted(group));
        }
    }

    private void requireListener(String group, String topic) {
        if (listeners().stream()
                .noneMatch(each -> each.group().equals(group) && each.topics().contains(topic))) {
            throw new IllegalArgumentException(
                    "No listener of this instance reads topic %s for group %s. It has these listeners: %s"
                            .formatted(
                                    topic,
                                    group,
                                    listeners().stream()
                                            .map(each -> "%s %s".formatted(each.group(), each.topics()))
                                            .toList()));
        }
    }

    private @Nullable Relay relay() {
        RelayState relay = stageReaders.sending().relay();
        return relay == null
                ? null
                : new Relay(
                        relay.instance(),
                        relay.host(),
                        relay.isRunning(),
                        relay.lanes().size(),
                        relay.refusal(),
                        relay.trouble() == null ? relay.whyAside() : relay.trouble(),
                        Collections.unmodifiableSortedSet(new TreeSet<>(relay.heldTopics())));
    }
}
