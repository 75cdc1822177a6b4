package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.support.Topics;
import io.reliablemessaging.test.SharedServers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;

/** A consumer is killed between unfinished and finished records, and nobody listens for longer than the inbox remembers. */
class KilledIT {

    private final String topicName = "killed-" + UUID.randomUUID();
    private final String database = HostApplication.newDatabase();
    private final KafkaTopic topic = KafkaTopic.create(SharedServers.kafka().bootstrapServers(), topicName, 1);
    private ConfigurableApplicationContext app;

    /** An application that waits for ever in one message if it is told to. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Recorder recorder() {
            return new Recorder();
        }

        @Bean
        Waiting waiting(JdbcTemplate sql, @Value("${test.waits-in:}") String waitsIn) {
            sql.execute(
                    "create table if not exists effect" + " (number bigint generated always as identity, value text)");
            return new Waiting(sql, waitsIn);
        }

        public static void main(String[] arguments) {
            new SpringApplicationBuilder(Host.class)
                    .web(WebApplicationType.NONE)
                    .run(arguments);
        }
    }

    record Waiting(JdbcTemplate sql, String waitsIn) {

        @ReliableListener(id = "killed", topics = "${test.topic}", groupId = "killed")
        void on(IncomingMessage<String> message) throws InterruptedException {
            if (message.payload().equals(waitsIn)) {
                new CountDownLatch(1).await();
            }
            sql.update("insert into effect (value) values (?)", message.payload());
        }
    }

    @AfterEach
    void close() {
        if (app != null) {
            app.close();
        }
    }

    @Test
    void whatWasFinishedIsADuplicateAndWhatIsNewIsHandledHoweverOldItIs(@TempDir Path logs) throws Exception {
        List<String> ten = IntStream.range(0, 10).mapToObj(Integer::toString).toList();
        ten.forEach(value -> topic.write("k" + value, value.getBytes(UTF_8)));
        // an instance that only watches; its purge is the first to come to the old rows
        app = start("spring.kafka.listener.auto-startup=false");
        List<String> done = new ArrayList<>(ten);
        done.remove("4");
        kill(logs, done);

        longAgo();
        finishOther();
        purge();
        assertThat(remembered(topicName)).as("with 5 to 9, above the gap").isGreaterThanOrEqualTo(5);
        registry().getListenerContainer("killed").start();
        await().until(() -> effects().size() == 10);
        assertThat(effects()).containsExactlyInAnyOrderElementsOf(ten);
        await().until(() -> recorder().duplicates.size() >= 5);
        assertThat(recorder().dead).isEmpty();

        awaitCheckpoint();
        // all is done, and that is long ago: the rows go, and the offsets say what was done
        stop();
        longAgo();
        purge();
        await().until(() -> remembered(topicName) == 0);
        Instant old = Instant.now().minus(Duration.ofDays(90));
        topic.write(old, "k", "backfill".getBytes(UTF_8));
        int before = recorder().duplicates.size();
        await().ignoreExceptions().until(() -> {
            new Topics(SharedServers.kafka().bootstrapServers()).seek("killed", topicName, 0, 0);
            return true;
        });
        registry().getListenerContainer("killed").start();
        await().until(() -> effects().contains("backfill"));
        await().until(() -> recorder().duplicates.size() == before + 10);
        assertThat(effects()).hasSize(11);
        assertThat(recorder().dead).isEmpty();
        assertThat(sql().queryForObject("select count(*) from reliable_messaging.parked_message", Integer.class))
                .isZero();
    }

    private void kill(Path logs, List<String> effects) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx192m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Host.class.getName(),
                "--spring.main.web-application-type=none",
                "--spring.jpa.open-in-view=false",
                "--spring.datasource.url=" + SharedServers.postgres().jdbcUrl(database),
                "--spring.datasource.username=" + SharedServers.postgres().username(),
                "--spring.datasource.password=" + SharedServers.postgres().password(),
                "--spring.kafka.bootstrap-servers=" + SharedServers.kafka().bootstrapServers(),
                "--test.waits-in=4"));
        properties().forEach(property -> command.add("--" + property));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(logs.resolve("killed.log").toFile())
                .start();
        try {
            await().atMost(Duration.ofMinutes(2)).until(() -> effects().size() == effects.size());
            awaitCheckpoint();
            assertThat(effects()).containsExactlyInAnyOrderElementsOf(effects);
        } finally {
            process.destroyForcibly().waitFor(); // SIGKILL
        }
    }

    private ConfigurableApplicationContext start(String... properties) {
        return HostApplication.of(Host.class)
                .on(SharedServers.kafka())
                .on(SharedServers.postgres(), database)
                .with("spring.datasource.hikari.maximum-pool-size=12")
                .with(properties().toArray(String[]::new))
                .with(properties)
                .run();
    }

    private List<String> properties() {
        return List.of(
                "spring.application.name=killed",
                // a dead consumer's partition is free again after this
                "spring.kafka.consumer.properties.session.timeout.ms=3000",
                "spring.kafka.consumer.properties.heartbeat.interval.ms=500",
                "test.topic=" + topicName,
                "reliable-messaging.relay.enabled=false");
    }

    private void stop() {
        ReliableListenerContainer container =
                (ReliableListenerContainer) registry().getListenerContainer("killed");
        container.stop();
        await().until(() -> !container.isChildRunning());
    }

    /** Lets all that is known be of a time that the retention does not reach back to. */
    private void longAgo() {
        sql().update("update reliable_messaging.inbox_message set received_at = received_at - interval '30 days'");
        sql().update(
                        "update reliable_messaging.partition_checkpoint set at = at - interval '20 days' where topic <> 'other'");
    }

    /** Has the purge walk through the whole table: it takes away what it may, a row of another topic among it. */
    private void purge() {
        sql().update("insert into reliable_messaging.inbox_message values ('killed', 'other', gen_random_uuid(),"
                + " now() - interval '20 days')");
        sql().update("update reliable_messaging.inbox_purge set next_at = '-infinity', next_block = 0");
        SmartLifecycle upkeep = app.getBean("reliableMessagingInboxUpkeep", SmartLifecycle.class);
        upkeep.stop();
        upkeep.start(); // looks at once
        await().until(() -> remembered("other") == 0);
    }

    private void awaitCheckpoint() {
        await().until(() -> Boolean.TRUE.equals(sql().queryForObject(
                        "select exists (select from reliable_messaging.partition_checkpoint"
                                + " where topic = ? and at > now() - interval '1 day' and end_offset = 10)",
                        Boolean.class,
                        topicName)));
    }

    private void finishOther() {
        sql().update("insert into reliable_messaging.partition_progress"
                + " values ('killed', 'other', gen_random_uuid(), 0, gen_random_uuid(), 1)");
        sql().update("insert into reliable_messaging.partition_checkpoint select consumer_group, topic, topic_id,"
                + " partition, now() - interval '10 days', 0 from reliable_messaging.partition_progress"
                + " where topic = 'other'");
    }

    private int remembered(String topic) {
        return sql().queryForObject(
                        "select count(*) from reliable_messaging.inbox_message where topic = ?", Integer.class, topic);
    }

    private List<String> effects() {
        return sql().queryForList("select value from effect order by number", String.class);
    }

    private KafkaListenerEndpointRegistry registry() {
        return app.getBean(KafkaListenerEndpointRegistry.class);
    }

    private JdbcTemplate sql() {
        return app.getBean(JdbcTemplate.class);
    }

    private Recorder recorder() {
        return app.getBean(Recorder.class);
    }
}
