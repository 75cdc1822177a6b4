package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The ordering of a listener is changed while a message fails. */
class OrderingChangeIT {

    private static final String ORDERING = "reliable-messaging.listeners.tested.ordering=";

    private final ListenerInstances app = new ListenerInstances();
    private final AtomicBoolean broken = new AtomicBoolean(true);

    @AfterEach
    void close() {
        app.close();
    }

    @Test
    void fromPartitionToKeyItIsParkedWithItsAttempts() {
        failing();
        app.start(ORDERING + "partition", "reliable-messaging.listener.max-attempts=1000000");
        app.publish("k", "m1");
        app.publish("k", "m2");
        await().until(() -> attempts("m1") > 2);
        app.stop(0);
        int before = app.calls.size();
        app.start(ORDERING + "key", "reliable-messaging.listener.max-attempts=5");
        await().until(() -> app.parked("DEAD").equals(List.of("m1")));
        await().until(() -> app.effects().equals(List.of("m2")));
        assertThat(app.calls.size() - before).as("calls since").isLessThanOrEqualTo(1 + 4 + 1);
    }

    @Test
    void fromPartitionToKeyNothingIsLeftOfItOnceItSucceeds() {
        failing();
        app.start(ORDERING + "partition", "reliable-messaging.listener.max-attempts=1000000");
        app.publish("k", "m1");
        await().until(() -> attempts("m1") > 2);
        app.stop(0);
        broken.set(false);
        app.start(ORDERING + "key");
        await().until(() -> app.effects().equals(List.of("m1")));
        app.stop(0);
        app.start(ORDERING + "key"); // which sweeps as it starts
        await().until(() -> app.parked("WAITING").isEmpty());
        assertThat(app.effects()).containsExactly("m1");
    }

    @Test
    void fromKeyToPartitionWhatIsParkedIsHandledBeforeWhatFollows() {
        failing();
        app.start(ORDERING + "key", "reliable-messaging.listener.max-attempts=1000000");
        app.publish("k", "m1");
        app.publish("k", "m2");
        await().until(() -> app.parked("WAITING").equals(List.of("m1", "m2")));
        app.stop(0);
        app.start(ORDERING + "partition", "reliable-messaging.listener.max-attempts=1000000");
        app.publish("k", "m3");
        await().until(() -> app.parked("WAITING").equals(List.of("m1", "m2", "m3")));
        broken.set(false);
        await().until(() -> app.effects().equals(List.of("m1", "m2", "m3")));
        await().until(() -> app.parked("WAITING").isEmpty());
    }

    private void failing() {
        app.behaving(message -> {
            if (broken.get() && message.payload().equals("m1")) {
                throw new IllegalStateException("broken");
            }
        });
    }

    private int attempts(String value) {
        return (int)
                app.calls.stream().filter(call -> call.startsWith(value + "#")).count();
    }
}
