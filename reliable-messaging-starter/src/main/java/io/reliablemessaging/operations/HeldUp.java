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
record HeldUp(Supplier<OptionalLong> count, LongSupplier finished, String participle) implements WaitingMessages {

    /** Counts messages that wait for Kafka: those in the lanes of this instance. */
    static HeldUp ofKafka(Stages stages, TablesMemory tables, Counters counters) {
        RelayState relay = stages.sending().relay();
        Supplier<OptionalLong> count = () -> relay == null || tables.last().readAt() == null
                ? OptionalLong.empty()
                : OptionalLong.of(tables.last().waitingIn(relay.lanes()));
        return new HeldUp(count, counters::sentInAll, "sent");
    }

    /** Counts messages that wait for the database: those on Kafka that the listeners of this instance have not handled. */
    static HeldUp ofPostgres(Stages stages, Counters counters) {
        Supplier<OptionalLong> count = () -> {
            List<Long> lags = stages.receiving().listeners().all().stream()
                    .map(Listener::lag)
                    .filter(Objects::nonNull)
                    .toList();
            return lags.isEmpty()
                    ? OptionalLong.empty()
                    : OptionalLong.of(lags.stream().mapToLong(Long::longValue).sum());
        };
        return new HeldUp(count, counters::handledInAll, "handled");
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
