package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.Delivery;
import io.reliablemessaging.consumer.ConsumerState;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.support.Topics;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;

/** What a listener can be told: to keep the order of partitions, to put messages together, when to wait and when to stop. */
class ListenerModesIT {

    private final ListenerInstances app = new ListenerInstances();
    private final AtomicBoolean broken = new AtomicBoolean(true);

    @AfterEach
    void close() {
        app.close();
    }

    @Test
    void keysAreHandledAtOnceAndEachInItsOrder() throws Exception {
        CountDownLatch together = new CountDownLatch(4);
        app.behaving(message -> {
                    if (message.payload().endsWith("0")) {
                        together.countDown();
                        together.await(); // nobody passes unless four are here
                    }
                })
                .start("reliable-messaging.listener.concurrency=4");
        List<String> keys = List.of("a", "b", "c", "d");
        for (int i = 0; i < 10; i++) {
            for (String key : keys) {
                app.publish(key, key + i);
            }
        }
        app.awaitEffects(40);
        for (String key : keys) {
            assertThat(app.effectsOf(key)).isEqualTo(values(key, 10));
        }
    }

    @Test
    void aPartitionInOrderWaitsForTheMessageThatFails() {
        app.behaving(message -> {
                    if (broken.get() && message.payload().equals("x0")) {
                        throw new IllegalStateException("broken");
                    }
                })
                .start(
                        "reliable-messaging.listener.ordering=partition",
                        "reliable-messaging.listener.max-attempts=1000000",
                        "reliable-messaging.topics." + app.topic + ".partitions=1");
        app.publish("x", "x0");
        await().until(() -> app.calls.contains("x0#1")); // the outbox keeps no order across keys
        app.publish("y", "y0");
        app.publish("x", "x1");
        await().until(() -> app.calls.contains("x0#4"));
        assertThat(app.calls).noneMatch(call -> !call.startsWith("x0#"));
        assertThat(app.parked("WAITING")).containsExactly("x0");
        // its attempts are counted across a restart
        app.stop(0);
        int calls = app.calls.size();
        app.start(
                "reliable-messaging.listener.ordering=partition",
                "reliable-messaging.listener.max-attempts=1000000",
                "reliable-messaging.topics." + app.topic + ".partitions=1");
        await().until(() -> app.calls.size() > calls);
        assertThat(app.calls.get(calls)).isNotEqualTo("x0#1");
        broken.set(false);
        app.awaitEffects(3);
        assertThat(app.effects()).containsExactly("x0", "y0", "x1");
        assertThat(app.parked("WAITING")).isEmpty();
    }

    @Test
    void messagesThatShareATransactionAreOneByOneOnlyWhenOneFails() {
        app.behaving(message -> {
                    if (message.payload().equals("k57")) {
                        throw new IllegalStateException("always");
                    }
                })
                .start("reliable-messaging.listener.transaction=batch");
        app.container(0).stop();
        values("k", 100).forEach(value -> app.publish("k", value));
        values("other", 100).forEach(value -> app.publish(value, value));
        await().until(() -> app.recorder(0).sent.size() >= 200);
        app.container(0).start();
        app.awaitEffects(199);
        assertThat(app.parked("DEAD").size() + app.parked("WAITING").size()).isGreaterThan(0);
        await().until(() -> app.parked("DEAD").equals(List.of("k57")));
        List<String> expected =
                values("k", 100).stream().filter(value -> !value.equals("k57")).toList();
        await().until(() -> app.effectsOf("k").equals(expected));
        assertThat(app.effects()).hasSize(199).doesNotHaveDuplicates();
        long transactions = app.sql().queryForObject("select count(distinct xmin::text) from effect", Long.class);
        assertThat(transactions).isLessThan(150);
    }

    @Test
    void aServiceThatIsAwaySpendsNoAttempts() {
        app.behaving(message -> {
                    if (broken.get()) {
                        throw new IllegalStateException(new ConnectException("refused"));
                    }
                })
                .start("reliable-messaging.listener.max-attempts=2");
        values("k", 30).forEach(value -> app.publish(value, value));
        // of so many keys it takes the service for away
        await().until(() -> app.calls.size() > 5);
        int calls = app.calls.size();
        await().atMost(Duration.ofMinutes(1))
                .until(() -> app.calls.size() > calls); // it is tried again and again, one at a time
        broken.set(false);
        app.awaitEffects(30);
        assertThat(app.parked("DEAD")).isEmpty();
        assertThat(app.effects()).containsExactlyInAnyOrderElementsOf(values("k", 30));
    }

    @Test
    void anOutageWithoutEndBecomesDeadLetters() {
        app.behaving(message -> {
                    throw new IllegalStateException(new ConnectException("refused"));
                })
                .start("reliable-messaging.listener.max-attempts=2", "reliable-messaging.listener.max-outage=1ms");
        values("k", 30).forEach(value -> app.publish(value, value));
        await().until(() -> app.parked("DEAD").size() == 30);
    }

    @Test
    void anErrorStopsTheListenerBeforeItsMessage() {
        app.behaving(message -> {
                    if (broken.get() && message.payload().equals("k1")) {
                        throw new InternalError("the JVM is broken");
                    }
                })
                .start();
        values("k", 3).forEach(value -> app.publish("k", value));
        await().until(() -> !app.container(0).isRunning());
        assertThat(app.container(0).isInExpectedState()).isFalse();
        assertThat(app.container(0).failure().map(ReliableListenerContainer.Failure::error))
                .containsInstanceOf(InternalError.class);
        assertThat(app.effects()).containsExactly("k0");
        assertThat(app.parked("WAITING")).isEmpty();
        await().until(() -> !app.container(0).isChildRunning());
        assertThat(app.calls).containsExactly("k0#1", "k1#1");
        broken.set(false);
        app.container(0).start();
        app.awaitEffects(3);
        assertThat(app.effects()).containsExactly("k0", "k1", "k2");
    }

    /** What the host has put in the consumer's way meets an error on the thread that reads. */
    public static final class Assignor extends RangeAssignor {

        private static final AtomicBoolean BROKEN = new AtomicBoolean();

        @Override
        public ByteBuffer subscriptionUserData(Set<String> topics) {
            if (BROKEN.get()) {
                throw new NoClassDefFoundError("deployed badly");
            }
            return super.subscriptionUserData(topics);
        }
    }

    @Test
    void anErrorOfTheReaderStopsTheListener() throws Exception {
        app.start(
                "spring.kafka.consumer.properties.partition.assignment.strategy=" + Assignor.class.getName(),
                "spring.kafka.consumer.properties.metadata.max.age.ms=500");
        app.publish("k", "k0");
        app.awaitEffects(1);
        Assignor.BROKEN.set(true);
        addPartitions(6); // its member joins again
        await().until(() -> !app.container(0).isRunning());
        assertThat(app.container(0).isInExpectedState()).isFalse();
        assertThat(app.container(0).failure().map(ReliableListenerContainer.Failure::error))
                .containsInstanceOf(NoClassDefFoundError.class);
        Assignor.BROKEN.set(false);
        await().until(() -> !app.container(0).isChildRunning());
        app.container(0).start();
        app.publish("k", "k1");
        app.awaitEffects(2);
        assertThat(app.effects()).containsExactly("k0", "k1");
    }

    @Test
    void aListenerThatCannotReadSaysWhy() {
        app.start("spring.kafka.consumer.properties.heartbeat.interval.ms=1000000");
        await().until(() -> trouble(app) != null);
        assertThat(trouble(app)).asString().contains("consumer");
    }

    @Test
    void aRebalanceInMidHandlerHasOneEffect() throws Exception {
        CountDownLatch inHandler = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger entries = new AtomicInteger();
        app.behaving(message -> {
                    if (message.payload().equals("k0") && entries.incrementAndGet() == 1) {
                        inHandler.countDown();
                        goOn.await();
                    }
                })
                .start("reliable-messaging.listener.hand-over-timeout=1s");
        values("k", 5).forEach(value -> app.publish("k", value));
        inHandler.await();
        // the partition goes to the second instance while the first one is still in the handler
        app.start("reliable-messaging.listener.hand-over-timeout=1s");
        CompletableFuture<Void> stopping =
                CompletableFuture.runAsync(() -> app.container(0).stop(), Threads.NEW);
        await().until(() -> app.container(1).getAssignedPartitions().size() == 2);
        goOn.countDown();
        stopping.get();
        app.awaitEffects(5);
        assertThat(app.effects()).isEqualTo(values("k", 5));
    }

    @Test
    void keysThatMoveToNewPartitionsAreStillDrained() throws Exception {
        app.behaving(message -> {
                    if (broken.get() && message.key().startsWith("bad")) {
                        throw new IllegalStateException("broken");
                    }
                })
                .start(
                        "reliable-messaging.listener.max-attempts=1000000",
                        "spring.kafka.consumer.properties.metadata.max.age.ms=500");
        IntStream.range(0, 5).forEach(i -> app.publish("bad" + i, "bad" + i));
        await().until(() -> app.parked("WAITING").size() == 5);
        addPartitions(6);
        await().until(() -> app.container(0).getAssignedPartitions().size() == 6);
        broken.set(false);
        app.awaitEffects(5);
    }

    @Test
    void aPausedListenerHandlesNothingUntilItIsResumed() {
        app.start();
        app.publish("k", "k0");
        app.awaitEffects(1);
        app.container(0).pause();
        await().until(() -> app.container(0).isContainerPaused());
        app.publish("k", "k1");
        await().until(() -> app.recorder(0).sent.size() == 2);
        assertThat(app.effects()).containsExactly("k0");
        app.container(0).resume();
        app.awaitEffects(2);
    }

    @Test
    void oldRecordsAreNewUnlessTheyLieBelowTheHorizon() {
        KafkaTopic topic = KafkaTopic.create(app.bootstrapServers(), app.topic, 1);
        app.start("reliable-messaging.listener.transaction=batch");
        Instant old = Instant.now().minus(Duration.ofDays(90));
        topic.write(old, "k", "first".getBytes(StandardCharsets.UTF_8));
        topic.write(old, "k", "second".getBytes(StandardCharsets.UTF_8));
        app.awaitEffects(2);
        app.container(0).stop();
        app.sql().update("delete from reliable_messaging.inbox_message");
        app.sql().update("update reliable_messaging.partition_progress set forgotten_until = 2");
        // the group is empty only once its consumer's leaving has got through
        await().ignoreExceptions().until(() -> {
            new Topics(app.bootstrapServers()).seek("tested", app.topic, 0, 0);
            return true;
        });
        topic.write(old, "k", "backfill".getBytes(StandardCharsets.UTF_8));
        app.container(0).start();
        app.awaitEffects(3);
        assertThat(app.effects()).containsExactly("first", "second", "backfill");
        await().until(() -> app.recorder(0).duplicates.size() == 2);
        assertThat(app.recorder(0).dead).isEmpty();
    }

    @Test
    void whatItsGroupHasHandledIsForgottenAfterTheRetention() {
        ConfigurableApplicationContext instance = app.start();
        app.publish("k", "k0");
        app.awaitEffects(1);
        app.sql().update("update reliable_messaging.inbox_message set received_at = now() - interval '9 days'");
        app.sql()
                .update(
                        "insert into reliable_messaging.partition_checkpoint select consumer_group, topic, topic_id,"
                                + " partition, now() - interval '7 days 2 hours', 0 from reliable_messaging.partition_progress");
        app.sql().update("update reliable_messaging.inbox_purge set next_at = now()");
        SmartLifecycle upkeep = instance.getBean("reliableMessagingInboxUpkeep", SmartLifecycle.class);
        upkeep.stop();
        upkeep.start(); // looks at once
        await().until(() ->
                app.sql().queryForObject("select count(*) from reliable_messaging.inbox_message", Long.class) == 0);
    }

    @Test
    void aListenerThatStopsLetsWhatRunsFinish() throws Exception {
        CountDownLatch inHandler = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        app.behaving(message -> {
                    inHandler.countDown();
                    goOn.await();
                })
                .start("reliable-messaging.listener.hand-over-timeout=1m");
        app.publish("k", "k0");
        inHandler.await();
        CompletableFuture<Void> stopping =
                CompletableFuture.runAsync(() -> app.container(0).stop(), Threads.NEW);
        await().until(() -> !app.container(0).isRunning());
        goOn.countDown();
        stopping.get();
        assertThat(app.effects()).containsExactly("k0");
        app.container(0).start();
        app.publish("k", "k1");
        app.awaitEffects(2);
        assertThat(app.effects()).containsExactly("k0", "k1");
        assertThat(app.recorder(0).duplicates).isEmpty(); // its offset was committed, too
    }

    @Test
    void eventsOfOthersAreKnownByTheirSourceAndId() {
        app.start("reliable-messaging.listener.id-header=x-id");
        KafkaTopic topic = new KafkaTopic(app.bootstrapServers(), app.topic);
        byte[] value = "\"event\"".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 2; i++) {
            topic.write("k", value, "ce_id", "1", "ce_source", "/shop");
            topic.write("k", value, "ce_id", "1", "ce_source", "/stock");
            topic.write("k", value, "x-id", "4711");
        }
        await().until(() -> app.recorder(0).duplicates.size() == 3);
        assertThat(app.effects()).hasSize(3);
        assertThat(app.recorder(0).handled.stream().map(Delivery::id)).doesNotHaveDuplicates();
    }

    private void addPartitions(int count) throws Exception {
        try (Admin admin = KafkaTopic.admin(app.bootstrapServers())) {
            admin.createPartitions(Map.of(app.topic, NewPartitions.increaseTo(count)))
                    .all()
                    .get();
        }
    }

    private static List<String> values(String key, int count) {
        return IntStream.range(0, count).mapToObj(i -> key + i).toList();
    }

    private static RuntimeException trouble(ListenerInstances app) {
        return app.container(0).state().map(ConsumerState::trouble).orElse(null);
    }
}
