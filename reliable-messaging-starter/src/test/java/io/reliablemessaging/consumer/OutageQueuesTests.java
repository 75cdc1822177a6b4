package io.reliablemessaging.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.delivery.DeliveryAnswer.AwaitOutage;
import io.reliablemessaging.delivery.DeliveryAnswer.Finished;
import io.reliablemessaging.delivery.DeliveryAnswer.Missing;
import io.reliablemessaging.delivery.DeliveryAnswer.RetryAfter;
import io.reliablemessaging.permits.DelayedTasks;
import io.reliablemessaging.permits.HandlerPool;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** What is waited for, and what an answer says about it. */
class OutageQueuesTests {

    private static final Object WORK = "line";

    private final DelayedTasks timer = new DelayedTasks();
    private final HandlerPool pool = new HandlerPool(8, new CustomizableThreadFactory("outages-tests-"), timer);
    private final OutageQueue database = outage("The database");
    private final OutageQueue dependency = outage("What shipping needs");
    private final OutageQueues outageQueues = new OutageQueues(database, dependency, pool);

    @AfterEach
    void close() {
        pool.close();
        timer.close();
    }

    @Test
    void nothingHoldsWhileNothingIsAway() {
        assertThat(outageQueues.blocking(WORK)).isNull();
        assertThat(outageQueues.isOn()).isFalse();
    }

    @Test
    void whatIsMissingIsWaitedForAndTheDatabaseFirst() {
        assertThat(outageQueues.begin(held(Missing.DEPENDENCY))).isSameAs(dependency);
        assertThat(outageQueues.blocking(WORK)).isSameAs(dependency);
        assertThat(outageQueues.begin(held(Missing.DATABASE))).isSameAs(database);
        assertThat(outageQueues.blocking(WORK)).isSameAs(database);
        assertThat(outageQueues.isOn()).isTrue();
    }

    @Test
    void aHandlerThatAnswersEndsTheOutageOfWhatItNeeds() {
        outageQueues.begin(held(Missing.DEPENDENCY));
        outageQueues.noteAnswer(new Finished(true, false));
        assertThat(outageQueues.isOn()).isFalse();
    }

    @Test
    void aHandlerThatFailsHasAnsweredToo() {
        outageQueues.begin(held(Missing.DEPENDENCY));
        outageQueues.noteAnswer(new RetryAfter(Duration.ZERO, true));
        assertThat(outageQueues.blocking(WORK)).isNull();
    }

    @Test
    void aDuplicateSaysNothingAboutWhatTheHandlerNeeds() {
        outageQueues.begin(held(Missing.DEPENDENCY));
        outageQueues.noteAnswer(new Finished(false, true));
        assertThat(outageQueues.blocking(WORK)).isSameAs(dependency);
    }

    /** Another transaction may have begun before the database went away. */
    @Test
    void noAnswerEndsTheOutageOfTheDatabase() {
        outageQueues.begin(held(Missing.DATABASE));
        outageQueues.noteAnswer(new Finished(true, false));
        assertThat(outageQueues.blocking(WORK)).isSameAs(database);
    }

    @Test
    void onlyALackOfConnectionsHasFewerHandlersRun() {
        outageQueues.begin(held(Missing.DATABASE));
        outageQueues.begin(held(Missing.DEPENDENCY));
        assertThat(pool.free()).isEqualTo(8);
        assertThat(outageQueues.begin(held(Missing.CONNECTION))).isSameAs(database);
        assertThat(pool.free()).isEqualTo(1);
    }

    private OutageQueue outage(String name) {
        return new OutageQueue(name, timer, InstantSource.system(), new OutageQueue.Probe() {
            @Override
            public void ask(OutageQueue asked) {} // it stays away

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
