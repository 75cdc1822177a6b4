package io.reliablemessaging.listener;

import static org.awaitility.Awaitility.await;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A listener is stopped and started again while a slow handler of before has not come to its end. */
class RestartedListenerIT {

    private final ListenerInstances app = new ListenerInstances();

    @AfterEach
    void close() {
        app.close();
    }

    @Test
    void whatEndsLateDoesNotTakeTheNewRunWithIt() {
        CountDownLatch slow = new CountDownLatch(1);
        app.behaving(message -> {
                    if (message.payload().equals("slow")) {
                        slow.await();
                    }
                })
                .start();
        app.publish("k", "slow");
        await().until(() -> app.calls.contains("slow#1"));
        ReliableListenerContainer container = app.container(0);
        container.stop(() -> {});
        container.start();
        await().until(() -> readers() == 3);
        slow.countDown();
        await().until(() -> readers() == 1);
        await().until(() -> container.getAssignedPartitions().size() == 2);
        app.publish("k", "next");
        app.awaitEffects(2);
        container.stop(() -> {});
        await().until(() -> readers() == 0);
    }

    private static long readers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("rm-" + ListenerInstances.LISTENER + "-reader-"))
                .count();
    }
}
