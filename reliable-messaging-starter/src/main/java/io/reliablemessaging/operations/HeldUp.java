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
 * What an outage holds up, from memory.
 *
 * @param count how many messages wait
 * @param finished how many this instance has done
 * @param participle what is done to them
 */
record HeldUp(Supplier<OptionalLong> count, LongSupplier finished, String participle) implements WaitingMessages {

    /** What waits for Kafka: messages in the lanes of this instance. */
    static HeldUp ofKafka(Stages stages, TablesMemory tables, Counters counters) {
        RelayState relay = stages.relay();
        Supplier<OptionalLong> count = () -> relay == null || tables.last().readAt() == null
                ? OptionalLong.empty()
                : OptionalLong.of(tables.last().waitingIn(relay.lanes()));
        return new HeldUp(count, counters::sentInAll, "sent");
    }

    /** What waits for the database: messages on Kafka that the listeners of this instance have not handled. */
    static HeldUp ofPostgres(Stages stages, Counters counters) {
        Supplier<OptionalLong> count = () -> {
            List<Long> lags = stages.listeners().all().stream()
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
