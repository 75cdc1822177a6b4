package io.reliablemessaging.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.lanes.LaneNoticeListener;
import io.reliablemessaging.lanes.OutboxSignal;
import io.reliablemessaging.lanes.PollSchedule;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.support.TrustfulPool;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Instances tell each other what they have committed: with a poll interval of an hour, nothing else could find it. */
class NoticesIT {

    private static final String HOURLY = "reliable-messaging.relay.poll-interval=1h";
    private static final String NO_RELAY = "reliable-messaging.relay.enabled=false";
    private static final String NO_NOTICES = "reliable-messaging.relay.notify=false";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    private final List<ConfigurableApplicationContext> instances = new ArrayList<>();
    private final String database = HostApplication.newDatabase();
    private KafkaTopic topic;

    @BeforeEach
    void newTopic() {
        topic = KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "notices-" + UUID.randomUUID(), 1);
    }

    @AfterEach
    void stopInstances() {
        instances.forEach(ConfigurableApplicationContext::close);
    }

    @Test
    void aMessageForTheLaneOfAnotherInstanceIsSentAtOnce() {
        ConfigurableApplicationContext first = start(HOURLY);
        ConfigurableApplicationContext second = start(HOURLY);
        awaitHalves(first, second);
        await().until(() -> sessions(first).size() == 2);
        publish(first, keyOf(second), "from the first");
        assertThat(topic.awaitValues(1)).containsExactly("from the first");
        publish(second, keyOf(first), "from the second");
        assertThat(topic.awaitValues(2)).containsExactly("from the first", "from the second");
    }

    @Test
    void anInstanceWithoutRelayAnnouncesWhatItPublishes() {
        ConfigurableApplicationContext relay = start(HOURLY);
        ConfigurableApplicationContext publisher = start(NO_RELAY);
        awaitAllLanes(relay);
        await().until(() -> sessions(relay).size() == 1);
        publish(publisher, "k", "announced");
        assertThat(topic.awaitValues(1)).containsExactly("announced");
    }

    @Test
    void listensAgainWhenItsConnectionBreaks() {
        try (LogCapture log = LogCapture.start()) {
            ConfigurableApplicationContext relay = start(HOURLY);
            ConfigurableApplicationContext publisher = start(NO_RELAY);
            awaitAllLanes(relay);
            await().until(() -> sessions(relay).size() == 1);
            List<Integer> broken = sessions(relay);
            sql(relay).queryForList("select pg_terminate_backend(?)", broken.get(0));
            publish(publisher, "k", "while nobody listened");
            assertThat(topic.awaitValues(1)).containsExactly("while nobody listened");
            await().until(() -> sessions(relay).size() == 1 && !sessions(relay).equals(broken));
            publish(publisher, "k", "heard again");
            assertThat(topic.awaitValues(2)).containsExactly("while nobody listened", "heard again");
            // it is back at once: nothing to read for a person
            assertThat(log.ours())
                    .extracting(LogCapture.Line::text)
                    .noneMatch(line ->
                            line.contains("Notices of other instances are not received") || line.contains("is away"));
        }
    }

    @Test
    void aBrokenConnectionIsNotLentToOthers() throws Exception {
        ConfigurableApplicationContext other = start(NO_RELAY);
        try (HikariDataSource pool = TrustfulPool.open(database)) {
            LaneNoticeListener listener = new LaneNoticeListener(
                    new AutoCommitDataSource(pool),
                    new Schema("reliable_messaging"),
                    new PollSchedule("rm_me", Duration.ofSeconds(1), Duration.ofSeconds(1), System::nanoTime),
                    Set::of,
                    new OutboxSignal(),
                    () -> {},
                    Infrastructure.unwatched());
            Thread thread = new Thread(listener);
            thread.start();
            await().until(() -> sessions(other).size() == 1);
            sql(other)
                    .queryForList(
                            "select pg_terminate_backend(?)", sessions(other).get(0));
            await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 0);
            assertThat(new JdbcTemplate(pool).queryForObject("select 1", Integer.class))
                    .isOne();
            listener.stop();
            thread.join();
        }
    }

    @Test
    void hearsItselfWhatIsMeantForItAndOfWhatIsDelayed() throws Exception {
        ConfigurableApplicationContext other = start(NO_RELAY);
        PollSchedule pollSchedule =
                new PollSchedule("rm_me", Duration.ofSeconds(1), Duration.ofSeconds(1), System::nanoTime);
        OutboxSignal signal = new OutboxSignal();
        LaneNoticeListener listener = new LaneNoticeListener(
                new AutoCommitDataSource(other.getBean(DataSource.class)),
                new Schema("reliable_messaging"),
                pollSchedule,
                () -> Set.of(1),
                signal,
                () -> {},
                Infrastructure.unwatched());
        Thread thread = new Thread(listener);
        thread.start();
        await().until(() -> sessions(other).size() == 1);
        assertThat(pollSchedule.isListening()).as("nothing has come back").isFalse();
        await().until(() -> {
            notify(other, "rm_me", "");
            return pollSchedule.isListening();
        });
        notify(other, "rm_me", "1,delayed");
        signal.awaitDelayed(Duration.ofHours(1));
        signal.await(Duration.ofHours(1));
        notify(other, "rm_reliable_messaging", "1"); // as earlier versions do
        signal.await(Duration.ofHours(1));
        sql(other)
                .queryForList("select pg_terminate_backend(?)", sessions(other).get(0));
        await().until(() -> !pollSchedule.isListening());
        listener.stop();
        thread.join();
    }

    private static void notify(ConfigurableApplicationContext any, String channel, String payload) {
        sql(any).queryForList("select pg_notify(?, ?)", channel, payload);
    }

    @Test
    void switchedOffNobodyListensAndMessagesAreFoundByPolling() {
        ConfigurableApplicationContext relay = start(NO_NOTICES);
        ConfigurableApplicationContext publisher = start(NO_RELAY, NO_NOTICES);
        awaitAllLanes(relay);
        publish(publisher, "k", "found");
        assertThat(topic.awaitValues(1)).containsExactly("found");
        assertThat(sessions(relay)).isEmpty();
        assertThat(publisher.getBeanFactory().containsBean("reliableMessagingLaneNotices"))
                .isFalse();
    }

    private ConfigurableApplicationContext start(String... properties) {
        ConfigurableApplicationContext instance = HostApplication.onSharedServers(Host.class)
                .on(SharedServers.postgres(), database)
                .with("reliable-messaging.relay.lease=2s", "spring.jmx.enabled=false")
                .with(properties)
                .run();
        instances.add(instance);
        return instance;
    }

    private void publish(ConfigurableApplicationContext instance, String key, String value) {
        instance.getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> instance.getBean(MessagePublisher.class).publish(topic.name(), key, value));
    }

    // after this nothing about the lanes changes any more, so no relay has a reason to look but a notice
    private static void awaitHalves(ConfigurableApplicationContext first, ConfigurableApplicationContext second) {
        await().until(() -> lanes(first).size() == 16 && lanes(second).size() == 16);
    }

    private static void awaitAllLanes(ConfigurableApplicationContext relay) {
        await().until(() -> lanes(relay).size() == 32);
    }

    private static Set<Integer> lanes(ConfigurableApplicationContext instance) {
        return instance.getBean(Relay.class).lease().lanes();
    }

    private static String keyOf(ConfigurableApplicationContext owner) {
        Set<Integer> lanes = lanes(owner);
        return IntStream.range(0, 1000)
                .mapToObj(i -> "k" + i)
                .filter(key -> lanes.contains(Utils.toPositive(Utils.murmur2(key.getBytes(UTF_8))) % 32))
                .findFirst()
                .orElseThrow();
    }

    /** Sessions that have said LISTEN and nothing since. */
    private static List<Integer> sessions(ConfigurableApplicationContext any) {
        return sql(any).queryForList(
                        "select pid from pg_stat_activity where datname = current_database() and query ilike 'listen %'",
                        Integer.class);
    }

    private static JdbcTemplate sql(ConfigurableApplicationContext instance) {
        return instance.getBean(JdbcTemplate.class);
    }
}
