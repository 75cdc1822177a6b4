package io.reliablemessaging.benchmarks;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Several threads that do the same. */
final class Threads {

    private Threads() {}

    /** Gives each thread its number; returns when all are done, and fails if one does. */
    static void run(int count, IntConsumer task) {
        ExecutorService threads = Executors.newFixedThreadPool(count);
        try {
            List<? extends Future<?>> all = IntStream.range(0, count)
                    .mapToObj(number -> threads.submit(() -> task.accept(number)))
                    .toList();
            for (Future<?> each : all) {
                each.get();
            }
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            threads.shutdownNow();
        }
    }
}
