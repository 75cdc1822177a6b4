package io.reliablemessaging.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SerdePoolTests {

    private final List<Instance> made = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private static final class Instance implements Closeable {
        private final AtomicBoolean used = new AtomicBoolean();
        private boolean closed;

        @Override
        public void close() {
            closed = true;
        }
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void callsOneAfterTheOtherUseOneInstance() {
        SerdePool<Instance> pool = new SerdePool<>(this::make, 4);
        Instance first = pool.with(each -> each);
        assertThat(pool.<Instance>with(each -> each)).isSameAs(first);
        assertThat(made).hasSize(1);
    }

    @Test
    void callsAtTheSameTimeNeverShareAnInstance() throws Exception {
        SerdePool<Instance> pool = new SerdePool<>(this::make, 3);
        AtomicInteger shared = new AtomicInteger();
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(threads.submit(() -> {
                for (int n = 0; n < 2_000; n++) {
                    pool.with(each -> {
                        if (!each.used.compareAndSet(false, true)) {
                            shared.incrementAndGet();
                        }
                        LockSupport.parkNanos(1);
                        each.used.set(false);
                        return each;
                    });
                }
            }));
        }
        for (Future<?> each : all) {
            each.get();
        }
        assertThat(shared).hasValue(0);
        assertThat(made).hasSizeBetween(1, 3);
    }

    @Test
    void aCallBeyondTheLimitWaitsForAnInstance() throws Exception {
        SerdePool<Instance> pool = new SerdePool<>(this::make, 2);
        CountDownLatch end = new CountDownLatch(1);
        List<Future<Instance>> holding = List.of(hold(pool, end), hold(pool, end));
        await().until(() -> made.size() == 2 && made.stream().allMatch(each -> each.used.get()));
        Future<Instance> third = threads.submit(() -> pool.with(each -> each));
        end.countDown();
        assertThat(third.get()).isIn(holding.get(0).get(), holding.get(1).get());
        assertThat(made).hasSize(2);
    }

    @Test
    void anInstanceComesBackFromACallThatFails() {
        SerdePool<Instance> pool = new SerdePool<>(this::make, 1);
        for (int i = 0; i < 3; i++) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> pool.with(each -> {
                        throw new IllegalStateException("of the message");
                    }));
        }
        assertThat(made).hasSize(1);
    }

    @Test
    void goesOnWithFewerWhenNoMoreCanBeMade() throws Exception {
        SerdePool<Instance> pool = new SerdePool<>(
                () -> {
                    if (!made.isEmpty()) {
                        throw new IllegalStateException("only one");
                    }
                    return make();
                },
                4);
        CountDownLatch end = new CountDownLatch(1);
        Future<Instance> first = hold(pool, end);
        await().until(() -> made.get(0).used.get());
        Future<Instance> second = threads.submit(() -> pool.with(each -> each));
        end.countDown();
        assertThat(second.get()).isSameAs(first.get());
    }

    @Test
    void closesAllThatItHasMadeAndThoseInUseAfterTheirCall() throws Exception {
        SerdePool<Instance> pool = new SerdePool<>(this::make, 2);
        CountDownLatch end = new CountDownLatch(1);
        Future<Instance> used = hold(pool, end);
        await().until(() -> made.get(0).used.get());
        Instance idle = pool.with(each -> each);
        pool.close();
        assertThat(idle.closed).isTrue();
        assertThat(made.get(0).closed).isFalse();
        end.countDown();
        assertThat(used.get().closed).isTrue();
        assertThat(pool.<Instance>with(each -> each).closed)
                .as("of a late call")
                .isTrue();
        assertThat(made).hasSize(3).allMatch(each -> each.closed);
    }

    private Instance make() {
        Instance instance = new Instance();
        made.add(instance);
        return instance;
    }

    private Future<Instance> hold(SerdePool<Instance> pool, CountDownLatch end) {
        return threads.submit(() -> pool.with(each -> {
            each.used.set(true);
            try {
                end.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return each;
        }));
    }
}
