package io.reliablemessaging.listener;

import java.util.concurrent.ThreadFactory;
import java.util.function.Function;
import org.springframework.boot.thread.Threading;
import org.springframework.core.env.Environment;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** The threads that handlers run on: virtual ones where the JVM has them and the application wants them. */
final class HandlerThreads {

    private HandlerThreads() {}

    /** Makes a factory, given a prefix for the names. */
    static Function<String, ThreadFactory> of(Environment environment) {
        return Threading.VIRTUAL.isActive(environment)
                ? prefix -> new VirtualThreadTaskExecutor(prefix).getVirtualThreadFactory()
                : CustomizableThreadFactory::new;
    }
}
