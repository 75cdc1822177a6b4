package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two instances whose partitions move one by one: cooperative rebalances, and the consumer protocol of KIP-848. */
class SharedPartitionsIT {

    private static final int PARTITIONS = 6;
    private static final int KEYS = 12;

    private final ListenerInstances app = new ListenerInstances();

    @AfterEach
    void close() {
        app.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "partition.assignment.strategy=org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
                "group.protocol=consumer"
            })
    void effectsHappenOnceAndInOrderWhilePartitionsMove(String protocol) {
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger inHandler = new AtomicInteger();
        AtomicBoolean broken = new AtomicBoolean(true);
        app.behaving(message -> {
            if (message.payload().endsWith(":0")) {
                inHandler.incrementAndGet();
                goOn.await();
            }
            if (broken.get() && message.payload().endsWith(":3")) {
                throw new IllegalStateException("broken");
            }
        });
        String[] properties = {
            "spring.kafka.consumer.properties." + protocol,
            "reliable-messaging.listener.hand-over-timeout=1s",
            "reliable-messaging.listener.max-attempts=1000000",
            "reliable-messaging.topics." + app.topic + ".partitions=" + PARTITIONS
        };
        app.start(properties);
        app.start(properties);
        app.container(1).stop();

        publish(0, 1, 2);
        await().until(() -> inHandler.get() >= 4);
        app.container(1).start(); // takes partitions whose handlers run
        awaitAssigned(1, PARTITIONS / 2);
        goOn.countDown();
        awaitInOrder(0, 1, 2);

        publish(3);
        await().until(() -> app.parked("WAITING").size() == KEYS);
        app.container(0).stop();
        awaitAssigned(1, PARTITIONS);
        publish(4); // their keys were parked by the other instance, which this one has not asked about before
        await().until(() -> app.parked("WAITING").size() == 2 * KEYS);
        app.container(0).start();
        awaitAssigned(1, PARTITIONS / 2);
        publish(5);
        await().until(() -> app.parked("WAITING").size() == 3 * KEYS);
        broken.set(false);
        awaitInOrder(0, 1, 2, 3, 4, 5);
        assertThat(app.parked("DEAD")).isEmpty();
    }

    private void publish(int... numbers) {
        List<String> values = new ArrayList<>();
        for (int number : numbers) {
            IntStream.range(0, KEYS).forEach(key -> values.add("k%d:%d".formatted(key, number)));
        }
        app.publish(value -> value.substring(0, value.indexOf(':')), values);
    }

    private void awaitAssigned(int instance, int partitions) {
        await().atMost(Duration.ofMinutes(1))
                .until(() -> app.container(instance).getAssignedPartitions().size() == partitions);
    }

    private void awaitInOrder(int... numbers) {
        app.awaitEffects(KEYS * numbers.length);
        for (int i = 0; i < KEYS; i++) {
            String key = "k" + i;
            assertThat(app.effectsOf(key))
                    .isEqualTo(IntStream.of(numbers)
                            .mapToObj(number -> key + ":" + number)
                            .toList());
        }
    }
}
