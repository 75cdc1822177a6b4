package io.reliablemessaging.operations;

import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.reachability.WaitingMessages;
import io.reliablemessaging.relay.RelayState;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The messages that an outage holds up, from memory.
 *
 * @param count number of messages that wait
 * @param finished number of messages that this instance has done
 * @param participle what is done to them, as a participle
 */
record OutageImpact(Supplier<OptionalLong> count, LongSupplier finished, String participle) implements WaitingMessages {

    /** Counts messages that wait for Kafka: those in the lanes of this instance. */
    static OutageImpact ofKafka(StageReaders stageReaders, TablesCache tables, ThroughputCounters throughputCounters) {
        RelayState relay = stageReaders.sending().relay();
        Supplier<OptionalLong> count = () -> relay == null || tables.last().readAt() == null
                ? OptionalLong.empty()
                : OptionalLong.of(tables.last().waitingIn(relay.lanes()));
        return new OutageImpact(count, throughputCounters::sentInAll, "sent");
    }

    /** Counts messages that wait for the database: those on Kafka that the listeners of this instance have not handled. */
    static OutageImpact ofPostgres(StageReaders stageReaders, ThroughputCounters throughputCounters) {
        Supplier<OptionalLong> count = () -> {
            List<Long> lags = stageReaders.receiving().listeners().all().stream()
                    .map(Listener::lag)
                    .filter(Objects::nonNull)
                    .toList();
            return lags.isEmpty()
                    ? OptionalLong.empty()
                    : OptionalLong.of(lags.stream().mapToLong(Long::longValue).sum());
        };
        return new OutageImpact(count, throughputCounters::handledInAll, "handled");
    }

    @Override
    public OptionalLong waiting() {
        return count.get();
    }

    @Override
    public long done() {
        return finished.getAsLong();
    }
}
