package io.reliablemessaging.topics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.topics.TopicLimits.Limit;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How long an answer of the cluster lasts. Whoever asks is answered at once here, and time goes by when we say so. */
class TopicPreflightTests {

    private final ExecutorService unused = Executors.newSingleThreadExecutor();
    private Limit limit = new Limit(true, 3, 1000);
    private int asked;
    private long now;
    private final TopicPreflight preflight =
            new TopicPreflight(new TopicLimits(topic -> answer(), Runnable::run, () -> now), unused);

    @AfterEach
    void stop() {
        preflight.destroy();
    }

    @Test
    void asksOnceAMinute() {
        publish(10);
        pass(Duration.ofSeconds(59));
        publish(10);
        assertThat(asked).isEqualTo(1);
        pass(Duration.ofSeconds(2));
        publish(10);
        assertThat(asked).isEqualTo(2);
    }

    @Test
    void takesWhatTheTopicTakesSinceItsLimitWasRaised() {
        publish(10);
        limit = new Limit(true, 3, 100_000);
        pass(Duration.ofSeconds(3));
        assertThatCode(() -> publish(50_000)).doesNotThrowAnyException();
        pass(Duration.ofHours(1));
        limit = new Limit(true, 3, 1_000_000);
        assertThatCode(() -> publish(500_000)).doesNotThrowAnyException();
    }

    @Test
    void refusesWhatTheTopicDoesNotTakeSinceItsLimitWasLowered() {
        publish(900);
        limit = new Limit(true, 3, 500);
        pass(Duration.ofMinutes(2));
        publish(10);
        assertRefused(900, "more than its max.message.bytes allows");
    }

    @Test
    void takesWhatGoesToATopicThatWasCreatedSince() {
        limit = new Limit(false, 3, Integer.MAX_VALUE);
        assertRefused(10, "does not exist");
        limit = new Limit(true, 3, 1000);
        pass(Duration.ofSeconds(3));
        assertThatCode(() -> publish(10)).doesNotThrowAnyException();
    }

    @Test
    void refusesAPartitionThatTheTopicDoesNotHave() {
        assertThatCode(() -> publish(2, 10)).doesNotThrowAnyException();
        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> publish(3, 10))
                .withMessageContaining("is for partition 3, but the topic has 3");
        limit = new Limit(true, 4, 1000);
        pass(Duration.ofSeconds(3));
        assertThatCode(() -> publish(3, 10)).doesNotThrowAnyException();
    }

    @Test
    void doesNotAskForEachMessageThatIsRefused() {
        assertRefused(2000, "max.message.bytes");
        assertRefused(2000, "max.message.bytes");
        assertThat(asked).isEqualTo(1);
    }

    private void assertRefused(int bytes, String why) {
        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> publish(bytes))
                .withMessageContaining(why);
    }

    private void publish(int bytes) {
        publish(null, bytes);
    }

    private void publish(Integer partition, int bytes) {
        preflight.check(new WireMessage(
                new MessageId(new UUID(0, 1)), "orders", partition, null, new byte[bytes], new RecordHeaders()));
    }

    private Limit answer() {
        asked++;
        return limit;
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }
}
