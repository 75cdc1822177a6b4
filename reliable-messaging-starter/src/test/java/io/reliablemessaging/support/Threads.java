package io.reliablemessaging.support;

import java.util.concurrent.Executor;
import org.springframework.core.task.SimpleAsyncTaskExecutor;

/** Threads for tests that block: the common pool may have a single one, which would wait for itself. */
public final class Threads {

    public static final Executor NEW = new SimpleAsyncTaskExecutor("test-");

    private Threads() {}
}
