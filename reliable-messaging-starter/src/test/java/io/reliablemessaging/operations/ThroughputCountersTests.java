package io.reliablemessaging.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingSnapshot.Throughput;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Each thing that happens is counted as what it is. */
class ThroughputCountersTests {

    private static final MessageId ID = MessageId.at(Instant.EPOCH);
    private static final Delivery DELIVERY = new Delivery("shipping", "shipping", ID, "orders", 0, 1, 1, Instant.EPOCH);
    private final Exception cause = new IllegalStateException();

    private final ThroughputCounters throughputCounters = new ThroughputCounters();

    @Test
    void eachKindHasACountOfItsOwn() {
        times(1, () -> throughputCounters.published(ID, "orders"));
        times(2, () -> throughputCounters.sent(new Confirmation(ID, "orders", 0, 1, Instant.EPOCH), Duration.ZERO));
        times(3, () -> throughputCounters.handled(DELIVERY));
        times(4, () -> throughputCounters.duplicate(DELIVERY));
        times(5, () -> throughputCounters.failed(DELIVERY, cause, Duration.ZERO));
        times(6, () -> throughputCounters.dead(DELIVERY, cause));
        Throughput lately = throughputCounters.lately();
        assertThat(lately).isEqualTo(new Throughput(lately.period(), 1, 2, 3, 4, 5, 6));
    }

    @Test
    void samplesOfTheLastMinuteChangeNothing() {
        times(3, () -> throughputCounters.handled(DELIVERY));
        throughputCounters.sample();
        times(2, () -> throughputCounters.handled(DELIVERY));
        throughputCounters.sample();
        assertThat(throughputCounters.lately().handled()).isEqualTo(5);
    }

    @Test
    void whatWasDoneSinceTheStartIncludesDuplicates() {
        times(2, () -> throughputCounters.sent(new Confirmation(ID, "orders", 0, 1, Instant.EPOCH), Duration.ZERO));
        times(3, () -> throughputCounters.handled(DELIVERY));
        times(4, () -> throughputCounters.duplicate(DELIVERY));
        times(9, () -> throughputCounters.failed(DELIVERY, cause, Duration.ZERO));
        assertThat(throughputCounters.sentInAll()).isEqualTo(2);
        assertThat(throughputCounters.handledInAll()).isEqualTo(7);
    }

    private static void times(int times, Runnable event) {
        for (int i = 0; i < times; i++) {
            event.run();
        }
    }
}
