package io.reliablemessaging;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.relay.RelayState;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.support.LogCapture.Line;
import io.reliablemessaging.test.SharedServers;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** All that an application says and has when it starts and while all is well. */
class StartupIT {

    // nobody has one of the application's pool; the relay's own are not counted there
    private static final int RELAYS_CONNECTIONS = 0;

    private final String topic = "startup-" + UUID.randomUUID();
    private final String database = HostApplication.newDatabase();
    private final LogCapture log = LogCapture.start();
    private final ThreadGroup threads = new ThreadGroup(topic);
    private ConfigurableApplicationContext app;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Publishing {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Listening {

        @Bean
        Billing billing() {
            return new Billing();
        }
    }

    static class Billing {

        private final AtomicInteger calls = new AtomicInteger();

        @ReliableListener(id = "billing", topics = "${test.topic}", groupId = "${test.topic}.group")
        void on(String order) {
            calls.incrementAndGet();
        }
    }

    @AfterEach
    void close() {
        if (app != null) {
            app.close();
        }
        log.close();
    }

    @Test
    void allLinesOfAnApplicationWithAListener() {
        start(Listening.class);
        assertThat(said()).containsExactlyElementsOf(List.of("""
                INFO Reliable messaging is ready
                  schema: reliable_messaging of application 'startup', version 12, 12 migrations applied now
                  topics: 1 declared, 1 for dead letters; found 0, created 2 [<topic>, <topic>.<topic>.group.dlt], refused 0
                  listener billing: group <topic>.group, topics [<topic>], ordering key, concurrency 16, 5 attempts, then to <topic>.<topic>.group.dlt; at most 8 handlers at once, for the size of the connection pool (10; the 16 that are configured need 18)
                  sending: 32 lanes, this instance is <instance>
                  durability audit: off (reliable-messaging.durability.mode)
                  actuator: /actuator/reliablemessaging, without commands (management.endpoint.reliablemessaging.access=unrestricted allows them)""".stripIndent()));
    }

    @Test
    void allLinesOfAnApplicationThatOnlyPublishes() {
        start(Publishing.class);
        assertThat(said()).containsExactlyElementsOf(List.of("""
                INFO Reliable messaging is ready
                  schema: reliable_messaging of application 'startup', version 12, 12 migrations applied now
                  topics: 1 declared, 0 for dead letters; found 0, created 1 [<topic>], refused 0
                  sending: 32 lanes, this instance is <instance>
                  durability audit: off (reliable-messaging.durability.mode)
                  actuator: /actuator/reliablemessaging, without commands (management.endpoint.reliablemessaging.access=unrestricted allows them)""".stripIndent()));
    }

    @Test
    void flywaySaysNothingOfOursWhenThereIsNothingToMigrate() {
        start(Publishing.class);
        assertThat(ofFlyway()).isNotEmpty();
        app.close();
        log.clear();
        start(Publishing.class);
        assertThat(ofFlyway()).isEmpty();
        assertThat(log.ours("is ready"))
                .singleElement()
                .satisfies(
                        line -> assertThat(line.message()).contains("version 12\n", "found 1, created 0, refused 0"));
    }

    @Test
    void aMigrationThatWasChangedIsStillFlywaysToRefuse() {
        start(Publishing.class);
        app.getBean(JdbcTemplate.class)
                .update("update reliable_messaging.schema_history set checksum = checksum + 1 where version = '3'");
        app.close();
        app = null;
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> start(Publishing.class)))
                .rootCause()
                .hasMessageContaining("checksum mismatch");
    }

    @Test
    void theFirstMessageIsToldOnceAndThenAllIsSilent() {
        start(Listening.class);
        log.clear();
        publish("first");
        await().until(() -> log.ours("First message").size() == 3);
        assertThat(log.ours("First message published: ")).hasSize(1);
        assertThat(log.ours("First message sent: ")).hasSize(1);
        assertThat(log.ours("First message handled: ")).hasSize(1);
        log.clear();
        for (int i = 0; i < 20; i++) {
            publish("message " + i);
        }
        await().until(() -> app.getBean(Billing.class).calls.get() == 21);
        assertThat(log.ours()).isEmpty();
    }

    @Test
    void whoSendsIsKnownByItsHost() {
        start(Publishing.class);
        MessagingOperations operations = app.getBean(MessagingOperations.class);
        await().until(() -> operations.snapshot().lanes().stream().allMatch(lane -> lane.host() != null));
        String host = Objects.requireNonNull(operations.snapshot().relay()).host();
        assertThat(host).isNotBlank();
        assertThat(operations.snapshot().lanes()).allMatch(lane -> host.equals(lane.host()));
        assertThat(log.ours("is ready").get(0).message()).contains(" on host " + host + "\n");
        // an instance of an earlier release does not tell it
        app.getBean(JdbcTemplate.class).update("update reliable_messaging.relay_instance set host = null");
        assertThat(operations.snapshot().lanes()).allMatch(lane -> lane.owner() != null && lane.host() == null);
    }

    @Test
    void withoutAListenerNothingOfTheConsumingSideIsThere() {
        start(Publishing.class);
        RelayState relay = app.getBean(RelayState.class);
        await().until(() -> relay.lanes().size() == 32); // until then, the owner would be told by NOTIFY
        publish("one");
        await().until(() -> log.ours("First message sent").size() == 1);
        awaitOnly(
                "kafka-admin-client-thread",
                "kafka-producer-network-thread",
                "rm-connections",
                "rm-delayed",
                "rm-lanes",
                "rm-limits",
                "rm-metrics",
                "rm-operation-log",
                "rm-outages",
                "rm-overview",
                "rm-probe",
                "rm-relay",
                "rm-relay-notices",
                "rm-watch");
        await().until(() -> connectionsInUse() == RELAYS_CONNECTIONS);
        assertThat(log.ours().toString().toLowerCase(Locale.ROOT)).doesNotContain("handler", "listener", "inbox");
    }

    @Test
    void withoutRelayAndListenerOnlyWhatPublishingNeedsIsThere() {
        start(Publishing.class, "reliable-messaging.relay.enabled=false");
        publish("one");
        await().until(() -> log.ours("First message published").size() == 1);
        awaitOnly(
                "kafka-admin-client-thread",
                "rm-connections",
                "rm-limits",
                "rm-metrics",
                "rm-notices",
                "rm-operation-log",
                "rm-outages",
                "rm-overview",
                "rm-watch");
        await().until(() -> connectionsInUse() == 0);
        assertThat(log.ours("is ready").get(0).message())
                .contains("sending: 32 lanes, by other instances only (reliable-messaging.relay.enabled=false)");
    }

    private void awaitOnly(String... wanted) {
        await().untilAsserted(() -> assertThat(started()).containsExactly(wanted));
    }

    private int connectionsInUse() {
        return app.getBean(HikariDataSource.class).getHikariPoolMXBean().getActiveConnections();
    }

    private void start(Class<?> host, String... properties) {
        HostApplication application = HostApplication.of(host)
                .on(SharedServers.kafka())
                .on(SharedServers.postgres(), database)
                .withSafePool()
                .with(
                        "spring.application.name=startup",
                        "spring.flyway.enabled=false",
                        "test.topic=" + topic,
                        "reliable-messaging.topics." + topic + ".partitions=1",
                        "reliable-messaging.durability.mode=off",
                        "management.endpoints.web.exposure.include=reliablemessaging")
                .with(properties);
        inGroup(() -> app = application.run());
    }

    private void publish(String payload) {
        inGroup(() -> app.getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> app.getBean(MessagePublisher.class).publish(topic, "k", payload)));
    }

    private List<String> said() {
        return log.ours().stream()
                .map(line -> (line.level() + " " + line.text().stripTrailing())
                        .replace(topic, "<topic>")
                        .replaceAll("instance is \\S+ on host [^\\n]+", "instance is <instance>"))
                .toList();
    }

    private List<Line> ofFlyway() {
        return log.all().stream()
                .filter(line -> line.logger().startsWith("org.flywaydb."))
                .toList();
    }

    // those of other contexts of this JVM have the same names
    private Set<String> started() {
        Thread[] all = new Thread[1000];
        int count = threads.enumerate(all);
        return Stream.of(all)
                .limit(count)
                .map(Thread::getName)
                .filter(name -> name.startsWith("rm-") || name.startsWith("kafka-"))
                .map(name -> name.replaceAll("(-\\d+| \\|.*)$", ""))
                .collect(toCollection(TreeSet::new));
    }

    /** Threads belong to the group of the thread that makes them, unless told otherwise. */
    private void inGroup(Runnable work) {
        FutureTask<Void> task = new FutureTask<>(work, null);
        new Thread(threads, task, "startup-test").start();
        try {
            task.get();
        } catch (ExecutionException e) {
            throw (RuntimeException) e.getCause();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
