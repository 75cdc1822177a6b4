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
class CountersTests {

    private static final MessageId ID = MessageId.at(Instant.EPOCH);
    private static final Delivery DELIVERY = new Delivery("shipping", "shipping", ID, "orders", 0, 1, 1, Instant.EPOCH);
    private final Exception cause = new IllegalStateException();

    private final Counters counters = new Counters();

    @Test
    void eachKindHasACountOfItsOwn() {
        times(1, () -> counters.published(ID, "orders"));
        times(2, () -> counters.sent(new Confirmation(ID, "orders", 0, 1, Instant.EPOCH), Duration.ZERO));
        times(3, () -> counters.handled(DELIVERY));
        times(4, () -> counters.duplicate(DELIVERY));
        times(5, () -> counters.failed(DELIVERY, cause, Duration.ZERO));
        times(6, () -> counters.dead(DELIVERY, cause));
        Throughput lately = counters.lately();
        assertThat(lately).isEqualTo(new Throughput(lately.period(), 1, 2, 3, 4, 5, 6));
    }

    @Test
    void samplesOfTheLastMinuteChangeNothing() {
        times(3, () -> counters.handled(DELIVERY));
        counters.sample();
        times(2, () -> counters.handled(DELIVERY));
        counters.sample();
        assertThat(counters.lately().handled()).isEqualTo(5);
    }

    @Test
    void whatWasDoneSinceTheStartIncludesDuplicates() {
        times(2, () -> counters.sent(new Confirmation(ID, "orders", 0, 1, Instant.EPOCH), Duration.ZERO));
        times(3, () -> counters.handled(DELIVERY));
        times(4, () -> counters.duplicate(DELIVERY));
        times(9, () -> counters.failed(DELIVERY, cause, Duration.ZERO));
        assertThat(counters.sentInAll()).isEqualTo(2);
        assertThat(counters.handledInAll()).isEqualTo(7);
    }

    private static void times(int times, Runnable event) {
        for (int i = 0; i < times; i++) {
            event.run();
        }
    }
}
