package io.reliablemessaging.topics;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.topics.TopicLimits.Limit;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

/** What topics take is asked seldom, beside those who want to know, and anew where it may have changed. */
class TopicLimitsTests {

    private static final Limit SMALL = new Limit(true, 1, 1000);
    private static final Limit LARGE = new Limit(true, 1, 2000);
    private static final Limit MISSING = new Limit(false, 0, 0);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration MOMENT = Duration.ofSeconds(2);

    private final Deque<Runnable> background = new ArrayDeque<>();
    private Executor executor = Runnable::run;
    private Limit answer = SMALL;
    private int asked;
    private long now = Long.MAX_VALUE - MINUTE.toNanos(); // it overflows during the tests
    private final TopicLimits limits = new TopicLimits(this::ask, work -> executor.execute(work), () -> now);

    @Test
    void whatIsKnownIsNotAskedAgainForAMinute() {
        assertThat(limits.find("orders")).contains(SMALL);
        answer = LARGE;
        after(MINUTE);
        assertThat(limits.find("orders")).contains(SMALL);
        assertThat(asked).isEqualTo(1);
        after(Duration.ofNanos(1));
        limits.find("orders");
        assertThat(limits.find("orders")).contains(LARGE);
        assertThat(asked).isEqualTo(2);
    }

    @Test
    void aTopicThatIsMissingMayBeCreatedAtAnyMoment() {
        answer = MISSING;
        limits.find("orders");
        answer = SMALL;
        after(MOMENT);
        assertThat(limits.find("orders")).contains(MISSING);
        after(Duration.ofNanos(1));
        limits.find("orders");
        assertThat(limits.find("orders")).contains(SMALL);
    }

    @Test
    void aClusterThatDoesNotAnswerIsAskedAgainAfterAMoment() {
        answer = null;
        assertThat(limits.find("orders")).isEmpty();
        assertThat(limits.find("orders")).isEmpty();
        assertThat(asked).isEqualTo(1);
        answer = SMALL;
        after(MOMENT.plusNanos(1));
        limits.find("orders");
        assertThat(limits.find("orders")).contains(SMALL);
    }

    @Test
    void aRefusalRestsOnNoOldNews() {
        limits.find("orders");
        answer = LARGE;
        assertThat(limits.findRecent("orders")).contains(SMALL);
        after(MOMENT.plusNanos(1));
        assertThat(limits.findRecent("orders")).contains(LARGE);
        assertThat(limits.findRecent("payments")).as("never asked before").contains(LARGE);
    }

    @Test
    void whileAQuestionIsUnderWayNoOtherIsAskedAndNobodyWaits() {
        limits.find("orders");
        executor = background::add;
        after(MINUTE.plusNanos(1));
        answer = LARGE;
        assertThat(limits.find("orders")).as("as of before").contains(SMALL);
        assertThat(limits.find("orders")).isEmpty();
        assertThat(background).hasSize(1);
        background.remove().run();
        assertThat(limits.find("orders")).contains(LARGE);
    }

    private Limit ask(String topic) {
        asked++;
        if (answer == null) {
            throw new TimeoutException("no answer");
        }
        return answer;
    }

    private void after(Duration duration) {
        now += duration.toNanos();
    }
}
