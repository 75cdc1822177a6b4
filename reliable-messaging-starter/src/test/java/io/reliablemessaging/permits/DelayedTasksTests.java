package io.reliablemessaging.permits;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is to be done later is done, whatever else fails. */
class DelayedTasksTests {

    private final DelayedTasks timer = new DelayedTasks();

    @AfterEach
    void close() {
        timer.close();
    }

    @Test
    void whatFailsDoesNotKeepTheNextFromBeingDone() throws Exception {
        CountDownLatch done = new CountDownLatch(2);
        for (int i = 0; i < 2; i++) {
            timer.schedule(Duration.ZERO, "a test", () -> {
                throw new IllegalStateException("DelaysTests");
            });
            timer.schedule(Duration.ZERO, "a test", done::countDown);
        }
        assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void nothingIsDoneBeforeItsTime() throws Exception {
        AtomicBoolean late = new AtomicBoolean();
        CountDownLatch soon = new CountDownLatch(1);
        timer.schedule(Duration.ofHours(1), "a test", () -> late.set(true));
        timer.schedule(Duration.ofMillis(1), "a test", soon::countDown);
        assertThat(soon.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(late).isFalse();
    }

    /** A line that is to be retried may say so while its listener is being closed. */
    @Test
    void afterTheCloseNothingIsDoneAndNobodyHearsOfIt() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        timer.close();
        timer.schedule(Duration.ZERO, "a test", done::countDown);
        assertThat(done.await(200, TimeUnit.MILLISECONDS)).isFalse();
    }
}
