package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.RetryLaterException;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.PostgresServer;
import io.reliablemessaging.test.SharedServers;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** A message that ends the process leaves no failure to count. It is found all the same, and others go on without it. */
class DeathIT {

    /** An application that a certain message kills. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Deadly {

        @Bean
        Mortal mortal(JdbcTemplate sql) {
            sql.execute("create table if not exists effect (value text)");
            return new Mortal(sql);
        }

        public static void main(String[] arguments) {
            new SpringApplicationBuilder(Deadly.class)
                    .web(WebApplicationType.NONE)
                    .run(arguments);
        }
    }

    record Mortal(JdbcTemplate sql) {

        @ReliableListener(id = "mortal", topics = "${test.topic}", groupId = "mortal")
        void on(String value) {
            if (value.equals("kill")) {
                Runtime.getRuntime().halt(9);
            }
            sql.update("insert into effect values (?)", value);
        }
    }

    @Test
    @Tag("long")
    void aMessageThatKillsItsConsumersIsParkedAndOthersGoOn(@TempDir Path logs) throws Exception {
        String topic = "death-" + UUID.randomUUID();
        KafkaTopic.create(SharedServers.kafka().bootstrapServers(), topic, 1);
        PostgresServer postgres = SharedServers.postgres();
        String database = "death_" + UUID.randomUUID().toString().replace("-", "");
        postgres.createDatabase(database);
        KafkaTopic records = new KafkaTopic(SharedServers.kafka().bootstrapServers(), topic);
        records.write("a", "before".getBytes(UTF_8));
        records.write("k", "kill".getBytes(UTF_8));
        records.write("b", "after".getBytes(UTF_8));
        try (Connection connection =
                DriverManager.getConnection(postgres.jdbcUrl(database), postgres.username(), postgres.password())) {
            JdbcTemplate sql = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
            int deaths = 0;
            while (!isParked(sql)) {
                assertThat(deaths)
                        .as("deaths of one message; the last one's log: %s", log(logs, deaths - 1))
                        .isLessThan(10);
                Process process = start(logs.resolve("run" + deaths + ".log").toFile(), topic, postgres, database);
                try {
                    await().atMost(Duration.ofMinutes(4))
                            .until(() -> !process.isAlive()
                                    || (isParked(sql) && effects(sql).contains("after")));
                } finally {
                    process.destroyForcibly().waitFor(1, TimeUnit.MINUTES);
                }
                deaths++;
            }
            assertThat(effects(sql)).containsExactlyInAnyOrder("before", "after");
            assertThat(deaths).isGreaterThan(2);
        }
    }

    @Test
    void aParkedMessageThatNobodyComesBackFromIsDead() {
        try (ListenerInstances app = new ListenerInstances()) {
            app.behaving(message -> {
                        throw new RetryLaterException(Duration.ofHours(1));
                    })
                    .start();
            app.publish("k", "k0");
            await().until(() -> app.parked("WAITING").equals(List.of("k0")));
            // as two consumers leave it that were killed in the handler
            app.sql()
                    .update("insert into reliable_messaging.parked_mark (consumer_group, topic, queue, claim, process)"
                            + " select consumer_group, topic, queue, claim, gen_random_uuid()"
                            + " from reliable_messaging.parked_key");
            app.sql().update("update reliable_messaging.parked_key set unanswered = 1, next_attempt_at = now()");
            await().until(() -> app.parked("DEAD").equals(List.of("k0")));
            assertThat(app.calls).containsExactly("k0#1");
        }
    }

    @Test
    void claimsThatWereLostBeforeTheHandlerWasCalledSayNothingAboutTheMessage() {
        try (ListenerInstances app = new ListenerInstances()) {
            app.behaving(message -> {
                        if (message.attempt() == 1) {
                            throw new IllegalStateException("once");
                        }
                    })
                    .start(
                            "reliable-messaging.listener.backoff.initial-delay=1h",
                            "reliable-messaging.listener.backoff.max-delay=1h");
            app.publish("k", "k0");
            await().until(() -> app.parked("WAITING").equals(List.of("k0")));
            // as consumers leave it that lost the database, or were stopped, after they had claimed it
            app.sql()
                    .update(
                            "update reliable_messaging.parked_key set claim = 5, claimed = true, next_attempt_at = now()");
            await().until(() -> app.effects().equals(List.of("k0")));
        }
    }

    private static String log(Path logs, int run) throws IOException {
        return run < 0 ? "" : Files.readString(logs.resolve("run" + run + ".log"));
    }

    private static boolean isParked(JdbcTemplate sql) {
        return Boolean.TRUE.equals(sql.queryForObject(
                        "select to_regclass('reliable_messaging.parked_message') is not null", Boolean.class))
                && Boolean.TRUE.equals(sql.queryForObject(
                        "select exists (select from reliable_messaging.parked_message where value = 'kill'::bytea)",
                        Boolean.class));
    }

    private static List<String> effects(JdbcTemplate sql) {
        return sql.queryForList("select value from effect", String.class);
    }

    private static Process start(File log, String topic, PostgresServer postgres, String database) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx192m",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Deadly.class.getName(),
                        "--spring.application.name=deadly",
                        "--spring.main.web-application-type=none",
                        "--spring.jpa.open-in-view=false",
                        "--spring.datasource.url=" + postgres.jdbcUrl(database),
                        "--spring.datasource.username=" + postgres.username(),
                        "--spring.datasource.password=" + postgres.password(),
                        "--spring.kafka.bootstrap-servers="
                                + SharedServers.kafka().bootstrapServers(),
                        // a dead consumer's partition is free again after this
                        "--spring.kafka.consumer.properties.session.timeout.ms=3000",
                        "--spring.kafka.consumer.properties.heartbeat.interval.ms=500",
                        "--test.topic=" + topic,
                        "--reliable-messaging.listener.concurrency=1",
                        "--reliable-messaging.listener.backoff.initial-delay=30s",
                        "--reliable-messaging.relay.enabled=false")
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
    }
}
