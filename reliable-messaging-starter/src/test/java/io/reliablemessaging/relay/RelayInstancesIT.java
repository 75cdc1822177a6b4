package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.lanes.LaneLease;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Several instances of one application share the lanes, and hand them over without a message lost or out of order. */
class RelayInstancesIT {

    private static final int LANES = 32;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    private final List<ConfigurableApplicationContext> instances = new ArrayList<>();
    private String database;
    private KafkaTopic topic;
    private String lease = "2s";

    @BeforeEach
    void newDatabaseAndTopic() {
        database = "relay_" + UUID.randomUUID().toString().replace("-", "");
        SharedServers.postgres().createDatabase(database);
        topic = KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "relay-" + UUID.randomUUID(), 3);
    }

    @AfterEach
    void stopInstances() {
        instances.forEach(ConfigurableApplicationContext::close);
    }

    @Test
    void instancesShareTheLanesAndALeavingOneHandsOverAll() {
        threeShareTheLanesAndOneLeaves();
    }

    private void threeShareTheLanesAndOneLeaves() {
        start();
        await().untilAsserted(() -> assertThat(lanesByOwner().values()).containsExactly(LANES));
        start();
        await().untilAsserted(() -> assertThat(lanesByOwner().values()).containsExactly(16, 16));
        start();
        await().untilAsserted(() ->
                assertThat(lanesByOwner().values()).hasSize(3).allMatch(lanes -> lanes >= 10 && lanes <= 11));
        instances.remove(0).close();
        await().untilAsserted(() -> assertThat(lanesByOwner().values()).containsExactly(16, 16));
    }

    /** Long before anybody renews a lease of ten minutes. */
    @Test
    void whoeverComesOrGoesTellsTheOthers() {
        lease = "10m";
        threeShareTheLanesAndOneLeaves();
        publish("k", "to whoever has the lane now");
        assertThat(topic.awaitValues(1)).containsExactly("to whoever has the lane now");
    }

    @Test
    void takesOverTheLanesOfAnInstanceThatDiedWithoutAWord() {
        start();
        await().untilAsserted(() -> assertThat(lanesByOwner().values()).containsExactly(LANES));
        // what a kill -9 leaves: an instance and its lanes, with a lease that nobody renews
        sql().update("with dead as (insert into reliable_messaging.relay_instance values"
                + " (gen_random_uuid(), clock_timestamp() + interval '2 seconds') returning id)"
                + " update reliable_messaging.relay_lane set owner = dead.id, epoch = epoch + 1,"
                + " expires_at = clock_timestamp() + interval '2 seconds' from dead where lane < 20");
        publish("k", "after the take-over");
        await().untilAsserted(() -> assertThat(lanesByOwner().values()).containsExactly(LANES));
        assertThat(topic.awaitValues(1)).containsExactly("after the take-over");
    }

    @Test
    void keepsTheOrderOfEachKeyWhileInstancesComeAndGo() {
        start();
        List<String> published = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            int number = round;
            if (round % 2 == 1) {
                start();
            }
            IntStream.range(0, 200).forEach(i -> {
                String value = "k" + i % 20 + ":" + (number * 1000 + i);
                publish("k" + i % 20, value);
                published.add(value);
            });
            if (round % 2 == 0 && instances.size() > 1) {
                instances.remove(0).close();
            }
        }
        await().atMost(Duration.ofSeconds(60))
                .until(() -> new LinkedHashSet<>(topic.values()).size() >= published.size());
        assertThat(byKey(new LinkedHashSet<>(topic.values()))).isEqualTo(byKey(published));
    }

    /** A fenced instance must not go on with what it had read: another one may be ahead of it. */
    @Test
    void startsAnewWhenItsLanesWereTakenFromIt() {
        start();
        await().untilAsserted(() -> assertThat(lanesByOwner().values()).containsExactly(LANES));
        sql().update("update reliable_messaging.relay_lane set owner = gen_random_uuid(), epoch = epoch + 1,"
                + " expires_at = clock_timestamp() + interval '1 hour'");
        // the next renewal finds it out
        await().until(() -> !lease().lanes().equals(java.util.Set.copyOf(allLanes())));
        publish("k", "first");
        publish("k", "second");
        assertThat(topic.values()).isEmpty();
        sql().update("update reliable_messaging.relay_lane set expires_at = '-infinity'");
        assertThat(topic.awaitValues(2)).containsExactly("first", "second");
    }

    private static List<Integer> allLanes() {
        return IntStream.range(0, LANES).boxed().toList();
    }

    private LaneLease lease() {
        return instances.get(0).getBean(Relay.class).lease();
    }

    private void start() {
        instances.add(new SpringApplicationBuilder(Host.class)
                .web(WebApplicationType.NONE)
                .properties(
                        "spring.application.name=instances-test",
                        "spring.jmx.enabled=false",
                        "spring.datasource.url=" + SharedServers.postgres().jdbcUrl(database),
                        "spring.datasource.username=" + SharedServers.postgres().username(),
                        "spring.datasource.password=" + SharedServers.postgres().password(),
                        "spring.kafka.bootstrap-servers="
                                + SharedServers.kafka().bootstrapServers(),
                        "reliable-messaging.relay.lease=" + lease)
                .run());
    }

    private void publish(String key, String value) {
        ConfigurableApplicationContext any = instances.get(value.hashCode() & 1 & (instances.size() - 1));
        any.getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> any.getBean(MessagePublisher.class).publish(topic.name(), key, value));
    }

    private Map<String, Integer> lanesByOwner() {
        Map<String, Integer> lanes = new LinkedHashMap<>();
        sql().query(
                        "select owner, count(*) from reliable_messaging.relay_lane where owner is not null"
                                + " and expires_at > clock_timestamp() group by owner",
                        row -> {
                            lanes.put(row.getString(1), row.getInt(2));
                        });
        return lanes;
    }

    private JdbcTemplate sql() {
        return instances.get(0).getBean(JdbcTemplate.class);
    }

    private static Map<String, List<String>> byKey(Iterable<String> values) {
        Map<String, List<String>> byKey = new LinkedHashMap<>();
        for (String value : values) {
            byKey.computeIfAbsent(value.substring(0, value.indexOf(':')), key -> new ArrayList<>())
                    .add(value);
        }
        return byKey;
    }
}
