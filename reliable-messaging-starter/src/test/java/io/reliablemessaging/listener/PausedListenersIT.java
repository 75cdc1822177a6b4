package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.MessagingSnapshot.Listener.State;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.test.SharedServers;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** A listener that a person has paused handles nothing in any instance, also after restarts, and then goes on in order. */
class PausedListenersIT {

    private static final List<String> seenByWitness = new CopyOnWriteArrayList<>();

    private final ListenerInstances app = new ListenerInstances().with(WitnessHost.class);
    private final AtomicBoolean broken = new AtomicBoolean(true);

    /** Another listener of the application: what it handles shows that messages have come, and that it is not paused. */
    record Witness() {

        @ReliableListener(id = "witness", topics = "${test.topic}", groupId = "witness")
        void on(IncomingMessage<String> message) {
            if (message.payload().startsWith("again") && message.attempt() == 1) {
                throw new IllegalStateException("parked once");
            }
            seenByWitness.add(message.payload());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class WitnessHost {

        @Bean
        Witness witness() {
            return new Witness();
        }
    }

    @BeforeEach
    void forget() {
        seenByWitness.clear();
    }

    @AfterEach
    void close() {
        app.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ordering=key", "ordering=partition", "transaction=batch"})
    void nothingIsHandledWhileOthersGoOnAndThenItGoesOnInOrder(String mode) throws Exception {
        app.start("reliable-messaging.listeners.tested." + mode);
        app.publish("k", "k-first");
        app.awaitEffects(1);
        String member = member();
        assertThat(operations(0).pauseListener("tested", "a bug", "olive")).isTrue();
        List<String> all = publish(20);
        awaitWitness(all);
        awaitLag(0, 20);
        assertThat(app.effects()).containsExactly("k-first");
        assertThat(app.calls).containsExactly("k-first#1");
        assertThat(listener(0).state()).isEqualTo(State.PAUSED);
        assertThat(listener(0).pause().who()).isEqualTo("olive");
        assertThat(listener(0).pause().reason()).isEqualTo("a bug");
        assertThat(operations(0).troubles()).isEmpty();
        assertThat(member()).as("it is still the same member of its group").isEqualTo(member);
        assertThat(operations(0).resumeListener("tested", "bug fixed", "peter")).isTrue();
        app.awaitEffects(21);
        assertEachKeyInOrder(all);
        assertThat(listener(0).state()).isEqualTo(State.RUNNING);
        assertThat(listener(0).pause()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"key", "partition", "none"})
    void aRunningHandlerEndsAndWhatWaitsBehindItIsGivenUp(String ordering) throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        app.behaving(message -> goOn.await())
                .start(
                        "test.group=ordered-" + ordering + "-"
                                + UUID.randomUUID(), // a share group is no consumer group
                        "reliable-messaging.listeners.tested.ordering=" + ordering,
                        "reliable-messaging.listeners.tested.concurrency=1");
        List<String> all = publish(6);
        await().until(() -> app.calls.size() == 1);
        awaitWitness(all);
        await().until(() -> listener(0).bytes() > 0);
        operations(0).pauseListener("tested", "a bug", "olive");
        goOn.countDown();
        await().until(() -> app.effects().size() == 1);
        await().until(() -> listener(0).bytes() == 0 && listener(0).longestHandler() == null);
        if (!ordering.equals("none")) {
            awaitLag(0, 5);
        }
        assertThat(app.calls).hasSize(1);
        operations(0).resumeListener("tested", "bug fixed", "olive");
        app.awaitEffects(6);
        assertThat(app.effects()).containsExactlyInAnyOrderElementsOf(all);
        assertThat(app.parked("DEAD")).isEmpty();
        if (!ordering.equals("none")) {
            assertEachKeyInOrder(all);
        }
    }

    @Test
    void aBatchEndsBeforeItsNextHandlerAndTakesNoEffect() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        KafkaTopic topic = KafkaTopic.create(app.bootstrapServers(), app.topic, 1);
        List<String> all = IntStream.range(0, 6).mapToObj(i -> "k-" + i).toList();
        all.forEach(value -> topic.write("k", value.getBytes(StandardCharsets.UTF_8)));
        app.behaving(message -> goOn.await())
                .start(
                        "reliable-messaging.topics." + app.topic + ".partitions=1",
                        "reliable-messaging.listeners.tested.transaction=batch");
        await().until(() -> app.calls.size() == 1);
        operations(0).pauseListener("tested", "a bug", "olive");
        goOn.countDown();
        awaitLag(0, 6);
        assertThat(app.calls).containsExactly("k-0#1");
        assertThat(app.effects()).isEmpty();
        operations(0).resumeListener("tested", "bug fixed", "olive");
        app.awaitEffects(6);
        assertThat(app.effects()).isEqualTo(all);
    }

    @Test
    void aPauseSurvivesARestartOfAllInstancesAndEndsByACommandToAnyOfThem() {
        app.start();
        app.start();
        operations(0).pauseListener("tested", "a bug", "olive");
        await().until(() -> listener(1).state() == State.PAUSED);
        List<String> all = publish(10);
        awaitWitness(all);
        app.stop(1);
        app.stop(0);
        seenByWitness.clear();
        app.start();
        app.start();
        await().until(() -> listener(0).state() == State.PAUSED && listener(1).state() == State.PAUSED);
        List<String> later =
                IntStream.range(10, 20).mapToObj(PausedListenersIT::value).toList();
        app.publish(PausedListenersIT::keyOf, later);
        awaitWitness(later);
        await().until(() -> known(listener(0).lag()) + known(listener(1).lag()) == 20);
        assertThat(app.effects()).isEmpty();
        assertThat(app.calls).isEmpty();
        assertThat(operations(1).resumeListener("tested", "bug fixed", "peter")).isTrue();
        app.awaitEffects(20);
        assertEachKeyInOrder(Stream.concat(all.stream(), later.stream()).toList());
        await().until(() -> listener(0).state() == State.RUNNING);
        assertThat(app.sql()
                        .queryForList(
                                "select who || ': ' || action || ' ' || target || ', ' || reason"
                                        + " from reliable_messaging.operation_log order by id",
                                String.class))
                .containsExactly("olive: pause listener tested, a bug", "peter: resume listener tested, bug fixed");
    }

    @Test
    void parkedMessagesAndRedrivenDeadLettersWait() {
        app.behaving(message -> {
                    if (broken.get() && message.payload().startsWith("bad")) {
                        throw new IllegalStateException("broken");
                    }
                    if (broken.get() && message.payload().startsWith("dead")) {
                        throw new UnrecoverableMessageException("broken");
                    }
                })
                .start("reliable-messaging.listener.max-attempts=1000000");
        app.publish("bad", "bad-0");
        app.publish("bad", "bad-1");
        app.publish("dead", "dead-0");
        await().until(() -> app.parked("WAITING").equals(List.of("bad-0", "bad-1"))
                && app.parked("DEAD").equals(List.of("dead-0")));
        operations(0).pauseListener("tested", "a bug", "olive");
        await().until(() -> listener(0).longestHandler() == null);
        broken.set(false);
        app.running.get(0).getBean(DeadLetters.class).redrive(DeadLetterQuery.dead(), "olive");
        app.publish("w", "again-0");
        awaitWitness(List.of("again-0")); // which was parked and claimed after those were due
        assertThat(app.effects()).isEmpty();
        assertThat(operations(0).troubles()).isEmpty();
        operations(0).resumeListener("tested", "bug fixed", "olive");
        app.awaitEffects(4);
        assertThat(app.effectsOf("bad")).containsExactly("bad-0", "bad-1");
        assertThat(app.effectsOf("dead")).containsExactly("dead-0");
    }

    @Test
    void beforeItIsKnownWhatIsPausedNothingIsHandled() throws Exception {
        app.start();
        operations(0).pauseListener("tested", "a bug", "olive");
        app.stop(0);
        try (Connection other = DriverManager.getConnection(
                app.jdbcUrl(),
                SharedServers.postgres().username(),
                SharedServers.postgres().password())) {
            lockPauses(other);
            app.start();
            List<String> all = publish(10);
            awaitLag(0, 10); // which is asked of Kafka only while nothing may be handled
            assertThat(app.calls).isEmpty();
            assertThat(seenByWitness).as("it is not known of any listener").isEmpty();
            other.rollback();
            awaitWitness(all);
            assertThat(app.calls).isEmpty();
            operations(0).resumeListener("tested", "bug fixed", "olive");
            app.awaitEffects(10);
        }
    }

    @Test
    void anInstanceThatGetsNoAnswerKeepsWhatItKnows() {
        app.start();
        operations(0).pauseListener("tested", "a bug", "olive");
        try (LogCapture log = LogCapture.start()) {
            app.sql().execute("alter table reliable_messaging.paused_listener rename to elsewhere");
            await().until(() -> log.has("It cannot be read which listeners are paused"));
        }
        List<String> all = publish(10);
        awaitWitness(all);
        awaitLag(0, 10);
        assertThat(app.calls).isEmpty();
        assertThat(listener(0).state()).isEqualTo(State.PAUSED);
        app.sql().execute("alter table reliable_messaging.elsewhere rename to paused_listener");
        operations(0).resumeListener("tested", "bug fixed", "olive");
        app.awaitEffects(10);
    }

    @Test
    void newPartitionsArePausedToo() throws Exception {
        app.start("spring.kafka.consumer.properties.metadata.max.age.ms=500");
        operations(0).pauseListener("tested", "a bug", "olive");
        try (Admin admin = KafkaTopic.admin(app.bootstrapServers())) {
            admin.createPartitions(Map.of(app.topic, NewPartitions.increaseTo(6)))
                    .all()
                    .get();
        }
        await().until(() -> app.container(0).getAssignedPartitions().size() == 6);
        List<String> all = publish(60);
        awaitWitness(all);
        awaitLag(0, 60);
        assertThat(app.calls).isEmpty();
        operations(0).resumeListener("tested", "bug fixed", "olive");
        app.awaitEffects(60);
    }

    @Test
    void itStaysPausedWhenItsContainerIsStartedAgain() {
        app.start();
        operations(0).pauseListener("tested", "a bug", "olive");
        app.container(0).stop();
        assertThat(listener(0).state()).isEqualTo(State.STOPPED);
        assertThat(listener(0).pause()).isNotNull();
        app.container(0).start();
        List<String> all = publish(10);
        awaitWitness(all);
        awaitLag(0, 10);
        assertThat(app.calls).isEmpty();
        assertThat(listener(0).state()).isEqualTo(State.PAUSED);
        operations(0).resumeListener("tested", "bug fixed", "olive");
        app.awaitEffects(10);
    }

    @Test
    void commandsThatChangeNothingAreNotRecordedAndWrongOnesAreRefused() {
        app.start();
        MessagingOperations operations = operations(0);
        assertThat(operations.resumeListener("tested", "not paused", "olive")).isFalse();
        assertThat(operations.pauseListener("tested", "first", "olive")).isTrue();
        assertThat(operations.pauseListener("tested", "second", "peter")).isFalse();
        assertThat(listener(0).pause().who()).isEqualTo("olive");
        assertThat(app.sql().queryForObject("select count(*) from reliable_messaging.operation_log", Integer.class))
                .isEqualTo(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> operations.pauseListener("testad", "a bug", "olive"))
                .withMessageContaining("testad")
                .withMessageContaining("tested")
                .withMessageContaining("witness");
        assertThatIllegalArgumentException().isThrownBy(() -> operations.pauseListener("tested", " ", "olive"));
        assertThatIllegalArgumentException().isThrownBy(() -> operations.resumeListener("tested", "fixed", ""));
    }

    private List<String> publish(int count) {
        List<String> values =
                IntStream.range(0, count).mapToObj(PausedListenersIT::value).toList();
        app.publish(PausedListenersIT::keyOf, values);
        return values;
    }

    private static String value(int number) {
        return "k%d-%d".formatted(number % 3, number);
    }

    private static String keyOf(String value) {
        return value.substring(0, value.indexOf('-'));
    }

    private void assertEachKeyInOrder(List<String> all) {
        all.stream()
                .map(PausedListenersIT::keyOf)
                .distinct()
                .forEach(key -> assertThat(app.effectsOf(key))
                        .isEqualTo(all.stream()
                                .filter(value -> keyOf(value).equals(key))
                                .toList()));
    }

    private static void awaitWitness(List<String> values) {
        await().until(() -> seenByWitness.containsAll(values));
    }

    private void awaitLag(int instance, long messages) {
        await().until(() -> known(listener(instance).lag()) == messages);
    }

    private static long known(Long lag) {
        return lag == null ? -1000 : lag;
    }

    private static void lockPauses(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        connection.createStatement().execute("lock table reliable_messaging.paused_listener");
    }

    private String member() throws Exception {
        try (Admin admin = KafkaTopic.admin(app.bootstrapServers())) {
            return admin.describeConsumerGroups(List.of("tested")).all().get().get("tested").members().stream()
                    .filter(member -> member.assignment().topicPartitions().stream()
                            .anyMatch(partition -> partition.topic().equals(app.topic)))
                    .map(MemberDescription::consumerId)
                    .findFirst()
                    .orElse("none");
        }
    }

    private MessagingOperations operations(int instance) {
        return app.running.get(instance).getBean(MessagingOperations.class);
    }

    private Listener listener(int instance) {
        return operations(instance).listeners().stream()
                .filter(listener -> listener.id().equals("tested"))
                .findFirst()
                .orElseThrow();
    }
}
