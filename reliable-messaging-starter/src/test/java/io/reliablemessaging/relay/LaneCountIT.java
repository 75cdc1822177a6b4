package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/** How many lanes there are is the table's to say, for every instance and whatever its configuration says. */
@ExtendWith(OutputCaptureExtension.class)
class LaneCountIT {

    private static final String MAKE_AS_BEFORE = "insert into reliable_messaging.relay_lane (lane)"
            + " select generate_series(0, 7) where not exists (select from reliable_messaging.relay_lane)"
            + " on conflict do nothing";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    private final String database = HostApplication.newDatabase();
    private final DriverManagerDataSource source = new DriverManagerDataSource(
            SharedServers.postgres().jdbcUrl(database),
            SharedServers.postgres().username(),
            SharedServers.postgres().password());
    private final JdbcTemplate sql = new JdbcTemplate(source);
    private final List<ConfigurableApplicationContext> instances = new ArrayList<>();

    @AfterEach
    void stop() {
        instances.forEach(ConfigurableApplicationContext::close);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anInstanceThatOnlyPublishesUsesTheTablesNumberWhateverItIsConfiguredFor(
            boolean publisherFirst, CapturedOutput output) {
        KafkaTopic topic = KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "lanes-" + UUID.randomUUID(), 3);
        ConfigurableApplicationContext first = start(publisherFirst, 4);
        ConfigurableApplicationContext second = start(!publisherFirst, 97);
        ConfigurableApplicationContext publisher = publisherFirst ? first : second;
        List<String> published = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            String key = "k" + i % 25;
            String value = key + ":" + i;
            boolean alone = i % 2 == 0;
            publisher.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
                MessagePublisher messages = publisher.getBean(MessagePublisher.class);
                messages.publish(topic.name(), key, value);
                if (!alone) { // several rows are another statement
                    messages.publish(topic.name(), key, value + "b");
                }
            });
            published.add(value);
            if (!alone) {
                published.add(value + "b");
            }
        }
        await().atMost(Duration.ofSeconds(60))
                .until(() -> new LinkedHashSet<>(topic.values()).size() == published.size());
        assertThat(byKey(new LinkedHashSet<>(topic.values()))).isEqualTo(byKey(published));
        assertThat(sql.queryForObject("select lanes from reliable_messaging.application", Integer.class))
                .isEqualTo(4);
        assertThat(output)
                .containsOnlyOnce("'reliable-messaging.outbox.lanes' is 97, but the tables were created with 4 lanes")
                .contains("Set the property to 4", "MessagingOperations.growLanes");
    }

    @Test
    void anInstanceThatIsConfiguredForNoNumberHasNothingToRead(CapturedOutput output) {
        start(true, 4);
        instances.add(application(true).run());
        assertThat(output).doesNotContain("the tables were created with");
        assertThat(lanesOf(1)).isEqualTo(4);
    }

    @Test
    void instancesThatStartTogetherOnAnEmptyDatabaseAgree() {
        CyclicBarrier together = new CyclicBarrier(3);
        List<CompletableFuture<Integer>> starts = Stream.of(8, 16, 24)
                .map(lanes -> CompletableFuture.supplyAsync(
                        () -> {
                            int[] found = new int[1];
                            pass(together);
                            application(lanes == 16)
                                    .with("reliable-messaging.outbox.lanes=" + lanes)
                                    .withoutLogging()
                                    .run(context -> found[0] =
                                            context.getBean(Lanes.class).count());
                            return found[0];
                        },
                        Threads.NEW))
                .toList();
        int stored = starts.get(0).join();
        assertThat(starts).allSatisfy(start -> assertThat(start.join()).isEqualTo(stored));
        assertThat(stored).isIn(8, 16, 24);
        assertThat(sql.queryForObject("select lanes from reliable_messaging.application", Integer.class))
                .isEqualTo(stored);
        assertThat(made()).isEqualTo(stored);
    }

    @Test
    void takesOverTheNumberOfAVersionThatCountedItsLanes() {
        Flyway.configure()
                .dataSource(source)
                .locations("classpath:db/reliable-messaging")
                .schemas("reliable_messaging")
                .table("schema_history")
                .load()
                .migrate();
        sql.update(MAKE_AS_BEFORE);
        start(false, 16);
        assertThat(lanesOf(0)).isEqualTo(8);
        assertThat(made()).isEqualTo(8);
        await().until(() -> instances.get(0).getBean(RelayState.class).lanes().size() == 8);
    }

    /** A rolling upgrade: the tables are new, and an instance of the earlier version starts first, or at the same moment. */
    @Test
    void agreesWithAnInstanceOfAnEarlierVersionThatMakesTheLanesAtTheSameTime() throws Exception {
        start(true, 16);
        instances.remove(0).close();
        sql.update("update reliable_messaging.application set lanes = null");
        sql.update("delete from reliable_messaging.relay_lane");
        try (Connection earlier = source.getConnection();
                Statement statement = earlier.createStatement()) {
            earlier.setAutoCommit(false);
            statement.execute(MAKE_AS_BEFORE);
            CompletableFuture<Integer> start = CompletableFuture.supplyAsync(
                    () -> {
                        int[] found = new int[1];
                        application(true)
                                .with("reliable-messaging.outbox.lanes=16")
                                .withoutLogging()
                                .run(context ->
                                        found[0] = context.getBean(Lanes.class).count());
                        return found[0];
                    },
                    Threads.NEW);
            await().atMost(Duration.ofSeconds(60)).until(() -> waitingForLocks() == 1);
            earlier.commit();
            assertThat(start.join()).isEqualTo(8);
        }
        assertThat(made()).isEqualTo(8);
        assertThat(sql.update(MAKE_AS_BEFORE))
                .as("made by one that starts later")
                .isZero();
    }

    @Test
    void aRelayThatRunsTakesLanesThatWereAdded() {
        start(false, 4);
        await().until(() -> relay().lanes().size() == 4);
        // what growing leaves, for an instance that was held up for longer than its lease
        sql.update("insert into reliable_messaging.relay_lane (lane) select generate_series(4, 9)");
        sql.update("update reliable_messaging.application set lanes = 10");
        await().until(() -> relay().lanes().size() == 10);
        assertThat(lanesOf(0)).isEqualTo(10);
    }

    private RelayState relay() {
        return instances.get(0).getBean(RelayState.class);
    }

    private int lanesOf(int instance) {
        return instances.get(instance).getBean(Lanes.class).count();
    }

    private int made() {
        Integer made = sql.queryForObject("select count(*) from reliable_messaging.relay_lane", Integer.class);
        return made == null ? 0 : made;
    }

    private int waitingForLocks() {
        Integer waiting = sql.queryForObject(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
                Integer.class);
        return waiting == null ? 0 : waiting;
    }

    private ConfigurableApplicationContext start(boolean onlyPublishes, int lanes) {
        ConfigurableApplicationContext instance = application(onlyPublishes)
                .with("reliable-messaging.outbox.lanes=" + lanes)
                .run();
        instances.add(instance);
        return instance;
    }

    private HostApplication application(boolean onlyPublishes) {
        return HostApplication.of(Host.class)
                .on(SharedServers.postgres(), database)
                .on(SharedServers.kafka())
                .with(
                        "spring.application.name=lanes",
                        "reliable-messaging.relay.lease=2s",
                        "reliable-messaging.relay.enabled=" + !onlyPublishes);
    }

    private static void pass(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, List<String>> byKey(Iterable<String> values) {
        Map<String, List<String>> byKey = new LinkedHashMap<>();
        values.forEach(value -> byKey.computeIfAbsent(value.substring(0, value.indexOf(':')), key -> new ArrayList<>())
                .add(value));
        return byKey;
    }
}
