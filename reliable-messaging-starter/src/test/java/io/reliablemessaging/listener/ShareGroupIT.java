package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.test.PostgresServer;
import io.reliablemessaging.test.SharedServers;
import io.reliablemessaging.topics.ShareGroups;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ShareMemberDescription;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Listeners without an order, as members of a share group: nothing is lost, nothing takes effect twice. */
class ShareGroupIT {

    private static final int DELIVERIES = 5;

    private final String group = "shared-" + UUID.randomUUID();
    private final List<ShareConsumer<byte[], byte[]>> strangers = new ArrayList<>();
    private final AtomicBoolean broken = new AtomicBoolean(true);
    private ListenerInstances app = new ListenerInstances();
    private KafkaTopic topic = KafkaTopic.create(app.bootstrapServers(), app.topic, 1);

    @AfterEach
    void close() {
        strangers.forEach(ShareConsumer::close);
        app.close();
    }

    @Test
    void twoMembersShareAPartitionFromItsFirstRecord() throws Exception {
        CountDownLatch together = new CountDownLatch(2);
        app.behaving(message -> {
            together.countDown();
            together.await(); // nobody passes unless the other instance has the other record
        });
        write("k0");
        write("k1");
        start("reliable-messaging.listener.concurrency=1");
        start("reliable-messaging.listener.concurrency=1");
        app.awaitEffects(2);
        await().until(() ->
                app.recorder(0).handled.size() == 1 && app.recorder(1).handled.size() == 1);
    }

    @Test
    void aMessageThatFailsHoldsNothingBackAndNothingHasTwoEffects() {
        app.behaving(message -> {
            if (broken.get() && message.payload().equals("k0")) {
                throw new IllegalStateException("broken");
            }
        });
        start("reliable-messaging.listener.max-attempts=1000000");
        write("k0");
        String id = new MessageId(UUID.randomUUID()).toString();
        await().until(() -> app.parked("WAITING").equals(List.of("k0")));
        topic.write("k", bytes("k1"), "rm-message-id", id);
        topic.write("k", bytes("k1"), "rm-message-id", id);
        app.awaitEffects(1); // though an earlier one of its key waits
        await().until(() -> app.recorder(0).duplicates.size() == 1);
        assertThat(app.effects()).containsExactly("k1");
        broken.set(false);
        app.awaitEffects(2);
        assertThat(app.effects()).containsExactly("k1", "k0");
        assertThat(app.parked("DEAD")).isEmpty();
    }

    @Test
    void oneThatHasFailedIsTriedAgainByItselfThoughAnotherOfItsKeyWaits() {
        app.behaving(message -> {
            if (message.payload().equals("k0") || message.attempt() == 1) {
                throw new IllegalStateException("broken");
            }
        });
        start("reliable-messaging.listener.max-attempts=1000000");
        topic.write("k", bytes("k0"));
        await().until(() -> app.parked("WAITING").equals(List.of("k0")));
        topic.write("k", bytes("k1"));
        app.awaitEffects(1);
        assertThat(app.effects()).containsExactly("k1");
        assertThat(app.parked("WAITING")).containsExactly("k0");
        DeadLetters letters = app.running.get(0).getBean(DeadLetters.class);
        assertThat(letters.find(DeadLetterQuery.waiting().key("k")))
                .as("found by its key all the same")
                .hasSize(1);
    }

    @Test
    void aDeadLetterHoldsNothingBack() {
        app.behaving(message -> {
            if (message.payload().equals("k0")) {
                throw new IllegalStateException("broken");
            }
        });
        start("reliable-messaging.listener.max-attempts=2");
        write("k0");
        await().until(() -> app.parked("DEAD").equals(List.of("k0")));
        write("k1");
        app.awaitEffects(1);
        assertThat(app.effects()).containsExactly("k1");
        assertThat(app.calls).containsExactly("k0#1", "k0#2", "k1#1");
        assertThat(app.parked("WAITING")).isEmpty();
    }

    @Test
    void aRecordWhoseMemberDoesNotAnswerGoesToAnother() {
        configure("share.record.lock.duration.ms", "1000");
        write("k0");
        assertThat(borrow(stranger())).isEqualTo("k0"); // and stays silent
        start();
        app.awaitEffects(1);
        assertThat(app.calls).containsExactly("k0#1");
    }

    @Test
    void aHandlerMayTakeLongerThanARecordIsLent() {
        Duration lent = Duration.ofSeconds(3);
        configure("share.record.lock.duration.ms", Long.toString(lent.toMillis()));
        app.behaving(message -> await().pollDelay(lent.plusSeconds(2))
                .atMost(Duration.ofMinutes(1))
                .until(() -> true)); // time is what this is about
        start();
        write("k0");
        app.awaitEffects(1);
        await().until(() -> app.recorder(0).handled.size() == 1);
        var recorder = app.recorder(0);
        app.stop(0); // what else it was given has ended
        assertThat(recorder.duplicates).isEmpty();
        assertThat(recorder.failed).isEmpty();
    }

    @Test
    void aRecordIsInTheDatabaseBeforeItsDeliveriesRunOut() {
        List<String> parkedWhenCalled = new ArrayList<>();
        app.behaving(message -> parkedWhenCalled.addAll(CompletableFuture.supplyAsync(
                        () -> app.parked("WAITING"), Threads.NEW) // not in the handler's transaction
                .get()));
        write("k0");
        configure("share.record.lock.duration.ms", "1000");
        ShareConsumer<byte[], byte[]> stranger = stranger();
        for (int delivery = 1; delivery < DELIVERIES; delivery++) {
            ConsumerRecord<byte[], byte[]> record = next(stranger);
            assertThat(record.deliveryCount()).contains((short) delivery);
            stranger.acknowledge(record, AcknowledgeType.RELEASE);
            stranger.commitSync();
        }
        stranger.close();
        strangers.clear();
        start();
        app.awaitEffects(1);
        assertThat(parkedWhenCalled).containsExactly("k0");
        assertThat(app.effects()).containsExactly("k0");
    }

    @Test
    void twoMembersBorrowLotsUntilALotTakesLongAndThenEachHandlerHasOne() throws Exception {
        CountDownLatch freed = new CountDownLatch(1);
        app.behaving(message -> {
            if (message.payload().equals("slow")) {
                freed.await();
            }
        });
        start("reliable-messaging.listener.concurrency=4");
        write("k0");
        app.awaitEffects(1);
        await().until(() -> members() == 2);
        write("slow");
        write("k1");
        app.awaitEffects(2);
        await().until(() -> members() == 4);
        freed.countDown();
        app.awaitEffects(3);
        write("k2");
        await().until(() -> app.effects().contains("k2") && members() == 2);
        assertThat(app.recorder(0).duplicates).isEmpty();
        assertThat(app.effects()).containsExactly("k0", "k1", "slow", "k2");
    }

    @Test
    void withoutMemoryOnlyWhatHasBeenAskedForIsLent() throws Exception {
        int handlers = 6;
        CountDownLatch freed = new CountDownLatch(1);
        String x = "x".repeat(600_000);
        String y = "y".repeat(600_000);
        app.behaving(message -> {
            if (message.payload().length() == x.length()) {
                freed.await();
            }
        });
        start("reliable-messaging.listener.concurrency=" + handlers, "reliable-messaging.listener.memory=1MB");
        await().ignoreExceptions().until(() -> members() == 2);
        Set<String> first = memberIds();
        write(x);
        // who has it, and new ones, each with one record
        await().until(() -> members() == handlers
                && memberIds().stream().filter(first::contains).count() == 1);
        write(y);
        await().until(() -> app.calls.contains(y + "#1"));
        for (int asked = 1; asked <= handlers - 2; asked++) {
            write("k");
            app.awaitEffects(asked);
        }
        write("left");
        ConsumerRecord<byte[], byte[]> left = next(stranger());
        assertThat(new String(left.value(), StandardCharsets.UTF_8)).isEqualTo("left");
        assertThat(left.deliveryCount()).as("nobody had it before").contains((short) 1);
        assertThat(app.calls).hasSize(handlers);
        strangers.forEach(ShareConsumer::close);
        strangers.clear();
        freed.countDown();
        app.awaitEffects(handlers + 1);
        MessagingOperations operations = app.running.get(0).getBean(MessagingOperations.class);
        await().until(() -> operations.capacity().orElseThrow().bytes() == 0);
    }

    @Test
    void whatWasLentTooOftenIsNotGivenBackThoughItHasNotBegun() throws Exception {
        CountDownLatch freed = new CountDownLatch(1);
        app.behaving(message -> {
            if (message.payload().startsWith("slow")) {
                freed.await();
            }
        });
        for (int handler = 0; handler < 3; handler++) {
            write("slow" + handler);
        }
        ConsumerRecord<byte[], byte[]> unused = next(stranger(3)); // and all other slow ones
        write("k1");
        ShareConsumer<byte[], byte[]> stranger = stranger();
        for (int delivery = 1; delivery < DELIVERIES; delivery++) {
            ConsumerRecord<byte[], byte[]> record = next(stranger);
            assertThat(new String(record.value(), StandardCharsets.UTF_8)).isEqualTo("k1");
            stranger.acknowledge(record, AcknowledgeType.RELEASE);
            stranger.commitSync();
        }
        strangers.forEach(ShareConsumer::close);
        strangers.clear();
        start("reliable-messaging.listener.concurrency=3");
        await().until(() -> app.calls.size() == 3);
        await().until(() -> members() == 3); // what has not begun is given back
        freed.countDown();
        app.awaitEffects(4);
        assertThat(app.effects()).contains("k1");
    }

    @Test
    void whatWasLentTogetherAndCannotBeginGoesToAnotherInstance() throws Exception {
        CountDownLatch freed = new CountDownLatch(1);
        app.behaving(message -> {
            if (message.payload().equals("slow")) {
                freed.await();
            }
        });
        write("slow");
        write("k1");
        write("k2");
        start("reliable-messaging.listener.concurrency=1");
        await().until(() -> app.calls.contains("slow#1"));
        start("reliable-messaging.listener.concurrency=1");
        app.awaitEffects(2);
        assertThat(app.recorder(1).handled).hasSize(2);
        freed.countDown();
        app.awaitEffects(3);
        assertThat(app.calls).containsExactlyInAnyOrder("slow#1", "k1#1", "k2#1");
        assertThat(app.parked("WAITING")).isEmpty();
    }

    @Test
    void whoStopsGivesBackWhatHasNotBegunAndFinishesTheRest() throws Exception {
        CountDownLatch freed = new CountDownLatch(1);
        app.behaving(message -> freed.await());
        write("slow");
        write("k1");
        write("k2");
        start("reliable-messaging.listener.concurrency=1");
        await().until(() -> app.calls.contains("slow#1"));
        CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> app.stop(0), Threads.NEW);
        ShareConsumer<byte[], byte[]> stranger = stranger();
        List<String> given = new ArrayList<>();
        while (given.size() < 2) {
            ConsumerRecord<byte[], byte[]> record = next(stranger);
            stranger.acknowledge(record, AcknowledgeType.ACCEPT);
            given.add(new String(record.value(), StandardCharsets.UTF_8));
        }
        assertThat(given).containsExactlyInAnyOrder("k1", "k2");
        freed.countDown();
        stopped.join();
        assertThat(app.effects()).containsExactly("slow");
        write("k3");
        assertThat(borrow(stranger)).as("the slow one was accepted").isEqualTo("k3");
    }

    @Test
    void aPausedListenerLeavesRecordsToOthers() {
        start();
        write("k0");
        app.awaitEffects(1);
        app.container(0).pause();
        await().until(() -> app.container(0).isContainerPaused());
        write("k1");
        ShareConsumer<byte[], byte[]> stranger = stranger();
        ConsumerRecord<byte[], byte[]> record = next(stranger);
        assertThat(new String(record.value(), StandardCharsets.UTF_8)).isEqualTo("k1");
        stranger.acknowledge(record, AcknowledgeType.RELEASE);
        stranger.close();
        strangers.clear();
        assertThat(app.effects()).containsExactly("k0");
        app.container(0).resume();
        app.awaitEffects(2);
    }

    @Test
    void aListenerThatAPersonHasPausedGivesBackWhatItHasNotBegunAndAcquiresNothing() throws Exception {
        CountDownLatch freed = new CountDownLatch(1);
        app.behaving(message -> freed.await());
        write("k0");
        write("k1");
        write("k2");
        start("reliable-messaging.listener.concurrency=1");
        await().until(() -> app.calls.size() == 1);
        MessagingOperations operations = app.running.get(0).getBean(MessagingOperations.class);
        operations.pauseListener(ListenerInstances.LISTENER, "a bug", "olive");
        ShareConsumer<byte[], byte[]> stranger = stranger();
        for (int given = 0; given < 2; given++) {
            ConsumerRecord<byte[], byte[]> record = next(stranger);
            assertThat(new String(record.value(), StandardCharsets.UTF_8)).isIn("k1", "k2");
            stranger.acknowledge(record, AcknowledgeType.RELEASE);
            stranger.commitSync();
        }
        freed.countDown();
        app.awaitEffects(1);
        write("k3");
        List<String> left = new ArrayList<>();
        while (left.size() < 3) {
            ConsumerRecord<byte[], byte[]> record = next(stranger);
            left.add(new String(record.value(), StandardCharsets.UTF_8));
            stranger.acknowledge(record, AcknowledgeType.ACCEPT);
        }
        assertThat(left).as("not rejected by anybody").containsExactlyInAnyOrder("k1", "k2", "k3");
        assertThat(app.effects()).containsExactly("k0");
        stranger.close();
        strangers.clear();
        operations.resumeListener(ListenerInstances.LISTENER, "bug fixed", "olive");
        write("k4");
        app.awaitEffects(2);
        assertThat(app.effects()).containsExactly("k0", "k4");
    }

    @Test
    void whileTheDatabaseIsAwayARecordIsNeitherReleasedNorGivenUp() {
        app.close();
        try (PostgresServer postgres = PostgresServer.start()) {
            app = new ListenerInstances(SharedServers.kafka(), postgres);
            topic = KafkaTopic.create(app.bootstrapServers(), app.topic, 1);
            Duration lent = Duration.ofSeconds(1);
            configure("share.record.lock.duration.ms", Long.toString(lent.toMillis()));
            start();
            write("k0");
            app.awaitEffects(1);
            postgres.kill();
            write("k1");
            // long enough to be lent as often as the cluster would do it
            await().pollDelay(lent.multipliedBy(DELIVERIES + 1L))
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> true);
            postgres.restart();
            await().atMost(Duration.ofMinutes(1))
                    .ignoreExceptions()
                    .until(() -> app.effects().size() == 2);
            assertThat(app.effects()).containsExactly("k0", "k1");
            app.close();
        }
    }

    private void start(String... properties) {
        app.start(Stream.concat(
                        Stream.of(
                                "test.group=" + group,
                                "reliable-messaging.listener.ordering=none",
                                "reliable-messaging.listener.concurrency=2",
                                "reliable-messaging.topics." + app.topic + ".partitions=1"),
                        Stream.of(properties))
                .toArray(String[]::new));
    }

    private void write(String value) {
        topic.write("k", bytes(value));
    }

    @Test
    void theClusterTellsHowFarTheGroupHasCome() {
        start();
        write("k0");
        write("k1");
        app.awaitEffects(2);
        ShareGroups groups = app.running.get(0).getBean(ShareGroups.class);
        TopicPartition partition = new TopicPartition(app.topic, 0);
        // the cluster notes it together with the acceptance of a later record
        write("k2");
        app.awaitEffects(3);
        await().until(() -> groups.startOffsets(group).getOrDefault(partition, 0L) > 0);
        assertThat(groups.startOffsets(group)).containsOnlyKeys(partition);
        assertThat(groups.startOffsets(group).get(partition)).isLessThanOrEqualTo(3);
        assertThat(groups.endOffsets(List.of(partition))).isEqualTo(Map.of(partition, 3L));
    }

    private int members() {
        return memberIds().size();
    }

    private Set<String> memberIds() {
        try (Admin admin = KafkaTopic.admin(app.bootstrapServers())) {
            return admin.describeShareGroups(List.of(group)).all().get().get(group).members().stream()
                    .map(ShareMemberDescription::consumerId)
                    .collect(Collectors.toSet());
        } catch (Exception e) {
            throw new IllegalStateException("Describing " + group, e);
        }
    }

    /** A member of the group that does what the test says. */
    private ShareConsumer<byte[], byte[]> stranger() {
        return stranger(1);
    }

    private ShareConsumer<byte[], byte[]> stranger(int records) {
        configure("share.auto.offset.reset", "earliest");
        ShareConsumer<byte[], byte[]> stranger = new KafkaShareConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        app.bootstrapServers(),
                        "group.id",
                        group,
                        "share.acknowledgement.mode",
                        "explicit",
                        "max.poll.records",
                        records),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        strangers.add(stranger);
        stranger.subscribe(List.of(app.topic));
        return stranger;
    }

    private static String borrow(ShareConsumer<byte[], byte[]> member) {
        return new String(next(member).value(), StandardCharsets.UTF_8);
    }

    private static ConsumerRecord<byte[], byte[]> next(ShareConsumer<byte[], byte[]> member) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        await().until(() -> {
            member.poll(Duration.ofMillis(100)).forEach(records::add);
            return !records.isEmpty();
        });
        return records.get(0);
    }

    private void configure(String name, String value) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, group);
        AlterConfigOp set = new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
        try (Admin admin = KafkaTopic.admin(app.bootstrapServers())) {
            admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all().get();
        } catch (Exception e) {
            throw new IllegalStateException("Configuring " + group, e);
        }
    }

    private static byte[] bytes(String value) {
        return value.getBytes(StandardCharsets.UTF_8);
    }
}
