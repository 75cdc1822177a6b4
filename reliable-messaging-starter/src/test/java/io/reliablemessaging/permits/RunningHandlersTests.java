package io.reliablemessaging.permits;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.permits.RunningHandlers.LongRun;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class RunningHandlersTests {

    private final RunningHandlers handlers = new RunningHandlers();
    private final AtomicInteger abandoned = new AtomicInteger();

    @Test
    void aLongRunIsAbandonedOnceAndStillSeen() {
        handlers.begin("line", message(), abandoned::incrementAndGet);
        LongRun run = longest();
        assertThat(handlers.abandon(run)).isTrue();
        assertThat(handlers.abandon(run)).isFalse();
        assertThat(abandoned).hasValue(1);
        assertThat(handlers.longerThan(Duration.ofNanos(-1))).isEmpty();
        assertThat(handlers.longest()).isPresent();
        assertThat(handlers.longerThan(Duration.ofHours(1))).isEmpty();
    }

    @Test
    void whoIsAtItsNextMessageByNowIsLeftAlone() {
        handlers.begin("line", message(), abandoned::incrementAndGet);
        LongRun run = longest();
        handlers.begin("line", message(), abandoned::incrementAndGet);
        assertThat(handlers.abandon(run)).isFalse();
        handlers.end("line");
        assertThat(handlers.abandon(run)).isFalse();
        assertThat(abandoned).hasValue(0);
    }

    @Test
    void aParkedMessageIsNeverOvertaken() {
        handlers.begin("claim", message(), null);
        assertThat(handlers.longerThan(Duration.ofNanos(-1))).isEmpty();
        assertThat(handlers.longest()).isPresent();
    }

    private LongRun longest() {
        return handlers.longerThan(Duration.ofNanos(-1)).get(0);
    }

    private static ReceivedMessage message() {
        WireMessage message =
                new WireMessage(MessageId.at(Instant.EPOCH), "orders", null, null, null, new RecordHeaders());
        return new ReceivedMessage("billing", message, 0, 17, Instant.EPOCH);
    }
}
