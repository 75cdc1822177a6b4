package io.reliablemessaging.reachability;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Slow questions are asked seldom, unless the database was away. */
class QuestionLimitTests {

    private final Reachability postgres = new Reachability("PostgreSQL", failure -> true, System::nanoTime);
    private final QuestionLimit pace = new QuestionLimit(postgres);
    private final long begin = System.nanoTime();

    @Test
    void theFirstQuestionMayBeAskedAtOnce() {
        assertThat(pace.isDue(begin)).isTrue();
    }

    @Test
    void aQuestionIsFollowedByTwentyTimesAsMuchRest() {
        long end = asked(Duration.ofMillis(100));
        assertThat(pace.isDue(end)).isFalse();
        assertThat(pace.isDue(end + Duration.ofSeconds(2).toNanos() - 1)).isFalse();
        assertThat(pace.isDue(end + Duration.ofSeconds(2).toNanos())).isTrue();
    }

    @Test
    void noRestIsLongerThanAMinute() {
        long end = asked(Duration.ofHours(1));
        assertThat(pace.isDue(end + Duration.ofMinutes(1).toNanos() - 1)).isFalse();
        assertThat(pace.isDue(end + Duration.ofMinutes(1).toNanos())).isTrue();
    }

    @Test
    void theTimeOfAnOutageDoesNotCount() {
        postgres.noteOutage(Instant.EPOCH, "no answer");
        assertThat(pace.isDue(asked(Duration.ofSeconds(30)))).isTrue();
        postgres.noteAnswer();
        assertThat(pace.isDue(asked(Duration.ofSeconds(30))))
                .as("just after it")
                .isTrue();
    }

    private long asked(Duration took) {
        long end = begin + took.toNanos();
        pace.noteQuestion(begin, end);
        return end;
    }
}
