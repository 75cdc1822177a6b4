package io.reliablemessaging.listener;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The threads of one listener, that many and no more. */
final class Workers implements Executor, AutoCloseable {

    private final ThreadPoolExecutor threads;

    Workers(int count, ThreadFactory factory) {
        this.threads = new ThreadPoolExecutor(
                count,
                count,
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                factory,
                new ThreadPoolExecutor.DiscardPolicy());
        threads.allowCoreThreadTimeOut(true);
    }

    /** Runs it as soon as a thread is free; after {@link #close} it is left. */
    @Override
    public void execute(Runnable work) {
        threads.execute(work);
    }

    /** Nothing new is begun. What runs goes on: interrupting a handler in the middle would be a failure of its own. */
    @Override
    public void close() {
        threads.shutdown();
        threads.getQueue().clear();
    }
}
