package io.reliablemessaging.permits;

import java.util.concurrent.ThreadFactory;
import org.springframework.boot.thread.Threading;
import org.springframework.core.env.Environment;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Creates the threads that handlers run on: virtual threads where the JVM has them and the application enables them. */
public final class HandlerThreads {

    private static final String PREFIX = "rm-handler-";

    private HandlerThreads() {}

    /** Creates a factory of such threads. */
    public static ThreadFactory of(Environment environment) {
        return Threading.VIRTUAL.isActive(environment)
                ? new VirtualThreadTaskExecutor(PREFIX).getVirtualThreadFactory()
                : new CustomizableThreadFactory(PREFIX);
    }
}
