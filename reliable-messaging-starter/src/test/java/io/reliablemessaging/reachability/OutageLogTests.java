package io.reliablemessaging.reachability;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.support.LogCapture;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An outage has one line at its begin, one a minute, and one at its end, which waits for what was held up. */
class OutageLogTests {

    private static final String NAME = "OutageLogTests";
    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

    private final LogCapture log = LogCapture.start();
    private Instant now = BEGIN;
    private OptionalLong waiting = OptionalLong.empty();
    private long done;
    private final Reachability state = new Reachability(NAME, failure -> true, System::nanoTime);
    private final OutageLog outages = new OutageLog(() -> now);

    @AfterEach
    void close() {
        log.close();
    }

    @Test
    void withoutAnOutageNothingIsSaid() {
        tick();
        after(Duration.ofHours(1));
        assertThat(log.ours(NAME)).isEmpty();
    }

    @Test
    void anOutageIsToldOnceAMinute() {
        away();
        tick();
        assertThat(log.ours("OutageLogTests is away: broker:9092 (no answer)")).hasSize(1);
        for (int i = 0; i < 59; i++) {
            after(Duration.ofSeconds(1));
        }
        assertThat(log.ours(NAME)).hasSize(1);
        after(Duration.ofSeconds(1));
        assertThat(log.ours("OutageLogTests is still away, for 1 min now")).hasSize(1);
        after(Duration.ofSeconds(59));
        assertThat(log.ours(NAME)).hasSize(2);
    }

    @Test
    void itsEndIsToldAtOnceIfNothingWasHeldUp() {
        away();
        after(Duration.ofSeconds(20));
        state.noteAnswer();
        after(Duration.ofSeconds(10));
        assertThat(log.ours("OutageLogTests is back after 30 s")).hasSize(1);
        after(Duration.ofSeconds(10));
        assertThat(log.ours(NAME)).hasSize(2);
    }

    @Test
    void itsEndWaitsUntilWhatWasHeldUpIsDone() {
        holdsUp(5);
        done = 100;
        away();
        tick();
        after(Duration.ofSeconds(10));
        state.noteAnswer();
        waiting = OptionalLong.of(0);
        done = 104;
        after(Duration.ofSeconds(1));
        assertThat(log.ours("is back")).isEmpty();
        done = 105;
        after(Duration.ofSeconds(2));
        assertThat(log.ours("OutageLogTests is back after 11 s; 5 messages waited, sent in 2 s"))
                .hasSize(1);
    }

    @Test
    void itsEndIsToldAfterHalfAMinuteAtTheLatest() {
        holdsUp(5);
        away();
        tick();
        after(Duration.ofSeconds(10));
        state.noteAnswer();
        tick();
        done = 2;
        after(Duration.ofSeconds(30));
        assertThat(log.ours("is back")).isEmpty();
        after(Duration.ofSeconds(1));
        assertThat(log.ours("OutageLogTests is back after 10 s; 5 messages waited, 2 of them sent within 31 s"))
                .hasSize(1);
    }

    @Test
    void theMostThatWaitedIsTold() {
        holdsUp(5);
        away();
        tick();
        waiting = OptionalLong.of(9);
        after(Duration.ofSeconds(1));
        waiting = OptionalLong.empty();
        after(Duration.ofSeconds(1));
        state.noteAnswer();
        done = 9;
        tick();
        assertThat(log.ours("9 messages waited")).hasSize(1);
    }

    @Test
    void anOutageThatBeginsWhileTheEndOfTheLastOneWaitsIsANewOne() {
        holdsUp(5);
        away();
        tick();
        after(Duration.ofSeconds(10));
        state.noteAnswer();
        tick();
        after(Duration.ofSeconds(5));
        state.noteOutage(now, "no answer again");
        tick();
        assertThat(log.ours("OutageLogTests was back after 10 s, and is away again"))
                .hasSize(1);
        assertThat(log.ours("OutageLogTests is away: broker:9092 (no answer again)"))
                .hasSize(1);
        done = 5;
        state.noteAnswer();
        after(Duration.ofSeconds(1));
        assertThat(log.ours("OutageLogTests is back after 1 s")).hasSize(1);
    }

    @Test
    void aRefusalIsToldOnceAndItsEndOnce() {
        state.noteRefusal("OutageLogTests refuses the password");
        tick();
        tick();
        assertThat(log.ours("OutageLogTests refuses the password")).hasSize(1);
        state.noteAnswer();
        tick();
        tick();
        assertThat(log.ours("OutageLogTests accepts the login of this application again"))
                .hasSize(1);
    }

    @Test
    void anOutageDuringARefusalIsNoEndOfIt() {
        state.noteRefusal("OutageLogTests refuses the password");
        tick();
        away();
        tick();
        assertThat(log.ours("accepts the login")).isEmpty();
    }

    private void away() {
        state.noteOutage(BEGIN, "no answer");
    }

    private void tick() {
        outages.tick(state, "broker:9092");
    }

    private void after(Duration duration) {
        now = now.plus(duration);
        tick();
    }

    private void holdsUp(long messages) {
        waiting = OptionalLong.of(messages);
        state.setWaitingMessages(new WaitingMessages() {
            @Override
            public OptionalLong waiting() {
                return waiting;
            }

            @Override
            public long done() {
                return done;
            }

            @Override
            public String participle() {
                return "sent";
            }
        });
    }
}
