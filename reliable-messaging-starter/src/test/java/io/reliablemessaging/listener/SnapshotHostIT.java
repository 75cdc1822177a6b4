package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A host whose transactions see the database as it was when they began: every one of them is REPEATABLE READ. */
class SnapshotHostIT {

    private final ListenerInstances app = new ListenerInstances();

    @AfterEach
    void close() {
        app.close();
    }

    @Test
    void aMessageThatArrivesWhileTheOneBeforeItIsRetriedIsHandledNext() {
        CountDownLatch retrying = new CountDownLatch(1);
        CountDownLatch appended = new CountDownLatch(1);
        app.behaving(message -> {
                    if (message.payload().equals("m1") && message.attempt() == 1) {
                        throw new IllegalStateException("once");
                    }
                    if (message.payload().equals("m1")) {
                        retrying.countDown();
                        appended.await();
                    }
                })
                .start("spring.datasource.hikari.transaction-isolation=TRANSACTION_REPEATABLE_READ");
        app.publish("k", "m1");
        await().until(() -> retrying.getCount() == 0);
        app.publish("k", "m2");
        await().until(() -> app.recorder(0).waiting.size() == 1);
        appended.countDown();
        await().until(() -> app.effects().equals(List.of("m1", "m2")));
        app.publish("k", "m3");
        await().until(() -> app.effects().equals(List.of("m1", "m2", "m3")));
        await().until(() ->
                app.sql().queryForObject("select count(*) from reliable_messaging.parked_key", Integer.class) == 0);
    }

    @Test
    void instancesThatClaimTogetherHandleEachMessageOnceInOrder() {
        String[] snapshots = {"spring.datasource.hikari.transaction-isolation=TRANSACTION_REPEATABLE_READ"};
        app.behaving(message -> {
                    if (message.attempt() == 1) {
                        throw new IllegalStateException("once");
                    }
                })
                .start(snapshots);
        app.start(snapshots);
        for (int i = 0; i < 20; i++) {
            app.publish("a", "a" + i);
            app.publish("b", "b" + i);
        }
        app.awaitEffects(40);
        for (String key : List.of("a", "b")) {
            List<String> effects = app.effectsOf(key);
            assertThat(effects).hasSize(20).doesNotHaveDuplicates();
            assertThat(effects.stream().map(value -> Integer.valueOf(value.substring(1))))
                    .isSorted();
        }
        assertThat(app.parked("DEAD")).isEmpty();
    }
}
