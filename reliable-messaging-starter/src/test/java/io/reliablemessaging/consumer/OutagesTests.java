package io.reliablemessaging.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.delivery.Answer.AwaitOutage;
import io.reliablemessaging.delivery.Answer.Finished;
import io.reliablemessaging.delivery.Answer.Missing;
import io.reliablemessaging.delivery.Answer.RetryAfter;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** What is waited for, and what an answer says about it. */
class OutagesTests {

    private static final Object WORK = "line";

    private final Delays timer = new Delays();
    private final HandlerPool pool = new HandlerPool(8, new CustomizableThreadFactory("outages-tests-"), timer);
    private final Outage database = outage("The database");
    private final Outage dependency = outage("What shipping needs");
    private final Outages outages = new Outages(database, dependency, pool);

    @AfterEach
    void close() {
        pool.close();
        timer.close();
    }

    @Test
    void nothingHoldsWhileNothingIsAway() {
        assertThat(outages.blocking(WORK)).isNull();
        assertThat(outages.isOn()).isFalse();
    }

    @Test
    void whatIsMissingIsWaitedForAndTheDatabaseFirst() {
        assertThat(outages.begin(held(Missing.DEPENDENCY))).isSameAs(dependency);
        assertThat(outages.blocking(WORK)).isSameAs(dependency);
        assertThat(outages.begin(held(Missing.DATABASE))).isSameAs(database);
        assertThat(outages.blocking(WORK)).isSameAs(database);
        assertThat(outages.isOn()).isTrue();
    }

    @Test
    void aHandlerThatAnswersEndsTheOutageOfWhatItNeeds() {
        outages.begin(held(Missing.DEPENDENCY));
        outages.noteAnswer(new Finished(true, false));
        assertThat(outages.isOn()).isFalse();
    }

    @Test
    void aHandlerThatFailsHasAnsweredToo() {
        outages.begin(held(Missing.DEPENDENCY));
        outages.noteAnswer(new RetryAfter(Duration.ZERO, true));
        assertThat(outages.blocking(WORK)).isNull();
    }

    @Test
    void aDuplicateSaysNothingAboutWhatTheHandlerNeeds() {
        outages.begin(held(Missing.DEPENDENCY));
        outages.noteAnswer(new Finished(false, true));
        assertThat(outages.blocking(WORK)).isSameAs(dependency);
    }

    /** Another transaction may have begun before the database went away. */
    @Test
    void noAnswerEndsTheOutageOfTheDatabase() {
        outages.begin(held(Missing.DATABASE));
        outages.noteAnswer(new Finished(true, false));
        assertThat(outages.blocking(WORK)).isSameAs(database);
    }

    @Test
    void onlyALackOfConnectionsHasFewerHandlersRun() {
        outages.begin(held(Missing.DATABASE));
        outages.begin(held(Missing.DEPENDENCY));
        assertThat(pool.free()).isEqualTo(8);
        assertThat(outages.begin(held(Missing.CONNECTION))).isSameAs(database);
        assertThat(pool.free()).isEqualTo(1);
    }

    private Outage outage(String name) {
        return new Outage(name, timer, InstantSource.system(), new Outage.Probe() {
            @Override
            public void ask(Outage asked) {} // it stays away

            @Override
            public Duration longestDistance() {
                return Duration.ofHours(1);
            }
        });
    }

    private static AwaitOutage held(Missing missing) {
        return new AwaitOutage(missing, new IllegalStateException("away"));
    }
}
