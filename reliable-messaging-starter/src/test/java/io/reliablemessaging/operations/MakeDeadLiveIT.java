package io.reliablemessaging.operations;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Handlers do not return from a message. A person makes it a dead letter, in an instance that does not read, and the others of
 * its key and partition are handled while the thread still hangs; when it wakes up, nothing of it is there.
 */
class MakeDeadLiveIT {

    private static final String RUN = "-" + UUID.randomUUID();
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final String HANG = "hang";

    private static final Map<String, CountDownLatch> HELD = new ConcurrentHashMap<>();
    private static final Set<String> AWAKE = ConcurrentHashMap.newKeySet();

    private static ConfigurableApplicationContext application;
    private static ConfigurableApplicationContext other;
    private static JdbcTemplate sql;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Handlers handlers(JdbcTemplate sql) {
            sql.execute("create table if not exists work (listener text, value text)");
            return new Handlers(sql);
        }
    }

    record Handlers(JdbcTemplate sql) {

        @ReliableListener(id = "keyed", topics = "keyed${test.run}", groupId = "keyed")
        void keyed(IncomingMessage<String> message) throws InterruptedException {
            handle("keyed", message);
        }

        @ReliableListener(
                id = "ordered",
                topics = "ordered${test.run}",
                groupId = "ordered",
                ordering = Ordering.PARTITION)
        void ordered(IncomingMessage<String> message) throws InterruptedException {
            handle("ordered", message);
        }

        @ReliableListener(
                id = "batched",
                topics = "batched${test.run}",
                groupId = "batched",
                transaction = TransactionMode.BATCH)
        void batched(IncomingMessage<String> message) throws InterruptedException {
            handle("batched", message);
        }

        @ReliableListener(
                id = "shared",
                topics = "shared${test.run}",
                groupId = "shared",
                ordering = Ordering.NONE,
                concurrency = 2)
        void shared(IncomingMessage<String> message) throws InterruptedException {
            handle("shared", message);
        }

        private void handle(String listener, IncomingMessage<String> message) throws InterruptedException {
            sql.update("insert into work values (?, ?)", listener, message.payload());
            if (message.payload().equals(HANG)) {
                CountDownLatch latch = HELD.computeIfAbsent(listener, none -> new CountDownLatch(1));
                latch.await();
                AWAKE.add(listener);
            }
        }
    }

    @BeforeAll
    static void start() {
        HostApplication host = HostApplication.onSharedServers(Host.class)
                .with("spring.datasource.hikari.maximum-pool-size=16", "test.run=" + RUN);
        for (String listener : List.of("keyed", "ordered", "batched", "shared")) {
            host.with("reliable-messaging.topics." + listener + RUN + ".partitions=1");
        }
        application = host.run();
        other = host.with("spring.kafka.listener.auto-startup=false", "reliable-messaging.relay.enabled=false")
                .run();
        sql = application.getBean(JdbcTemplate.class);
    }

    @AfterAll
    static void stop() {
        HELD.values().forEach(CountDownLatch::countDown);
        other.close();
        application.close();
    }

    @Test
    void withKeysInOrder() {
        publish("keyed", "k:first", "k:" + HANG, "k:next");
        othersGoOnAndNothingOfItIsThere("keyed", 1, List.of("first", "next"));
        assertThatExceptionOfType(DeadLetterNotChangedException.class)
                .isThrownBy(() -> makeDead("keyed", 0))
                .withMessageContaining("group keyed has handled it");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> makeDead("keyed", 99))
                .withMessageContaining("no record at keyed");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        other.getBean(MessagingOperations.class).makeDead("typo", "keyed" + RUN, 0, 1, "why", "olive"))
                .withMessageContaining("keyed [keyed" + RUN + "]");
    }

    @Test
    void withPartitionsInOrder() {
        publish("ordered", "a:first", "b:" + HANG, "c:next");
        othersGoOnAndNothingOfItIsThere("ordered", 1, List.of("first", "next"));
    }

    @Test
    void withTransactionsOfSeveralMessages() {
        publish("batched", "k:first", "k:" + HANG, "k:next");
        othersGoOnAndNothingOfItIsThere("batched", 1, List.of("first", "next"));
    }

    @Test
    void withoutAnOrder() {
        publish("shared", "k:" + HANG, "k:next");
        othersGoOnAndNothingOfItIsThere("shared", 0, List.of("next"));
    }

    private static void othersGoOnAndNothingOfItIsThere(String listener, long offset, List<String> others) {
        await().atMost(LONG).until(() -> HELD.containsKey(listener));
        await().atMost(LONG).until(() -> place(listener), "%s%s-0@%d".formatted(listener, RUN, offset)::equals);

        makeDead(listener, offset);
        makeDead(listener, offset); // nothing more
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(work(listener)).containsExactlyInAnyOrderElementsOf(others));
        assertThat(AWAKE).doesNotContain(listener);
        assertThat(place(listener)).endsWith("@" + offset); // it still has its permit, and people see it
        if (!listener.equals("shared")) {
            await().atMost(LONG).until(() -> seen(listener).lag(), Long.valueOf(0)::equals); // the offset has passed it
        }

        HELD.get(listener).countDown();
        await().atMost(LONG).until(() -> seen(listener).longestHandler() == null);
        assertThat(AWAKE).contains(listener);
        assertThat(work(listener)).containsExactlyInAnyOrderElementsOf(others);
        assertItIsADeadLetterOnce(listener);
    }

    private static void assertItIsADeadLetterOnce(String listener) {
        List<DeadLetter> dead =
                other.getBean(DeadLetters.class).find(DeadLetterQuery.all().group(listener));
        assertThat(dead).hasSize(1);
        assertThat(dead.get(0).state()).isEqualTo(State.DEAD);
        assertThat(new String(
                        other.getBean(DeadLetters.class)
                                .get(dead.get(0).id())
                                .orElseThrow()
                                .payload(),
                        UTF_8))
                .isEqualTo(HANG);
        assertThat(sql.queryForObject(
                        "select count(*) from reliable_messaging.operation_log where target like ?",
                        Integer.class,
                        listener + RUN + " %"))
                .isEqualTo(1);
        KafkaTopic letters =
                new KafkaTopic(SharedServers.kafka().bootstrapServers(), listener + RUN + "." + listener + ".dlt");
        assertThat(letters.awaitValues(1)).containsExactly(HANG);
    }

    private static void makeDead(String listener, long offset) {
        other.getBean(MessagingOperations.class)
                .makeDead(listener, listener + RUN, 0, offset, "never returns", "olive");
    }

    private static String place(String listener) {
        var longest = seen(listener).longestHandler();
        return longest == null ? "none" : longest.place();
    }

    private static Listener seen(String id) {
        return application.getBean(MessagingOperations.class).listeners().stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> work(String listener) {
        return sql.queryForList("select value from work where listener = ?", String.class, listener);
    }

    private static void publish(String listener, String... messages) {
        MessagePublisher publisher = application.getBean(MessagePublisher.class);
        application.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            for (String message : messages) {
                int colon = message.indexOf(':');
                publisher.publish(listener + RUN, message.substring(0, colon), message.substring(colon + 1));
            }
        });
    }
}
