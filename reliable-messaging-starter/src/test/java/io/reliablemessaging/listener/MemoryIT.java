package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.PostgresServer;
import io.reliablemessaging.test.SharedServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** More messages than the heap has room for, in a process of its own that ends at its first OutOfMemoryError. */
class MemoryIT {

    private static final int BEHIND = 6_000;
    private static final int LARGE = 400;
    private static final int LARGE_SHARED = 60;
    private static final int LARGE_BYTES = 900_000;
    private static final int SLOW_BYTES = 4;

    private final String topic = "memory-" + UUID.randomUUID();

    /** An application with a small heap. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Small {

        @Bean
        Heavy heavy(JdbcTemplate sql) {
            sql.execute("create table effect (topic text, partition_offset bigint)");
            sql.execute("create table go ()");
            return new Heavy(sql);
        }

        public static void main(String[] arguments) {
            new SpringApplicationBuilder(Small.class)
                    .web(WebApplicationType.NONE)
                    .run(arguments);
        }
    }

    record Heavy(JdbcTemplate sql) {

        @ReliableListener(id = "heavy", topics = "${test.topic}", groupId = "heavy")
        void on(IncomingMessage<byte[]> message) {
            if (message.payload().length == SLOW_BYTES) {
                awaitGo();
            }
            effect(message);
        }

        @ReliableListener(id = "large", topics = "${test.topic}.large", groupId = "large")
        void large(IncomingMessage<byte[]> message) {
            awaitGo();
            effect(message);
        }

        @ReliableListener(
                id = "shared",
                topics = "${test.topic}.shared",
                groupId = "shared-${test.topic}",
                ordering = Ordering.NONE)
        void shared(IncomingMessage<byte[]> message) {
            effect(message);
        }

        private void awaitGo() {
            while (Boolean.FALSE.equals(sql.queryForObject("select exists (select from go)", Boolean.class))) {
                LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
            }
        }

        private void effect(IncomingMessage<byte[]> message) {
            sql.update("insert into effect values (?, ?)", message.topic(), message.offset());
        }
    }

    @Test
    void neitherASlowMessageWithThousandsBehindItNorLargeOnesTakeMoreThanThereIs(@TempDir Path logs) throws Exception {
        writeAll();
        PostgresServer postgres = SharedServers.postgres();
        String database = "memory_" + UUID.randomUUID().toString().replace("-", "");
        postgres.createDatabase(database);
        Path log = logs.resolve("small.log");
        Process process = start(log, postgres, database);
        try (Connection connection =
                DriverManager.getConnection(postgres.jdbcUrl(database), postgres.username(), postgres.password())) {
            JdbcTemplate sql = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
            awaitEffects(process, log, sql, ".shared", LARGE_SHARED);
            awaitEffects(process, log, sql, "", 1); // others pass the slow one
            awaitLog(process, log, "Listener heavy reads nothing more for now: ");
            awaitLog(process, log, "Listener large reads nothing more for now: its unfinished records take");
            sql.update("insert into go default values");
            awaitEffects(process, log, sql, ".large", LARGE);
            awaitEffects(process, log, sql, "", BEHIND + 1);
            assertThat(sql.queryForObject("select count(*) from reliable_messaging.parked_message", Integer.class))
                    .isZero();
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(Files.readString(log)).doesNotContain("OutOfMemoryError");
    }

    private void awaitEffects(Process process, Path log, JdbcTemplate sql, String suffix, int count) {
        await().atMost(Duration.ofMinutes(3)).until(() -> {
            assertThat(process.isAlive()).as(() -> read(log)).isTrue();
            return effects(sql, topic + suffix) >= count;
        });
    }

    private static void awaitLog(Process process, Path log, String line) {
        await().atMost(Duration.ofMinutes(2)).until(() -> {
            assertThat(process.isAlive()).as(() -> read(log)).isTrue();
            return read(log).contains(line);
        });
    }

    private static int effects(JdbcTemplate sql, String topic) {
        boolean begun =
                Boolean.TRUE.equals(sql.queryForObject("select to_regclass('effect') is not null", Boolean.class));
        return begun
                ? sql.queryForObject(
                        "select count(distinct partition_offset) from effect where topic = ?", Integer.class, topic)
                : 0;
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private void writeAll() {
        for (String suffix : new String[] {"", ".large", ".shared"}) {
            KafkaTopic.create(SharedServers.kafka().bootstrapServers(), topic + suffix, 1);
        }
        byte[] random = new byte[LARGE_BYTES];
        new Random(1).nextBytes(random);
        try (KafkaProducer<byte[], byte[]> plain = producer("none");
                KafkaProducer<byte[], byte[]> compressing = producer("gzip")) {
            write(plain, "", "slow", new byte[SLOW_BYTES]);
            byte[] behind = new byte[50_000];
            for (int i = 0; i < BEHIND; i++) {
                boolean sameKey = i % 2 == 0;
                write(sameKey ? plain : compressing, "", sameKey ? "slow" : "k" + i, behind);
            }
            for (int i = 0; i < LARGE; i++) {
                boolean zeros = i % 2 == 0;
                write(zeros ? compressing : plain, ".large", "k" + i, zeros ? new byte[LARGE_BYTES] : random);
            }
            for (int i = 0; i < LARGE_SHARED; i++) {
                boolean zeros = i % 2 == 0;
                write(zeros ? compressing : plain, ".shared", "k" + i, zeros ? new byte[LARGE_BYTES] : random);
            }
        }
    }

    private void write(KafkaProducer<byte[], byte[]> producer, String suffix, String key, byte[] value) {
        var unused = producer.send(new ProducerRecord<>(topic + suffix, key.getBytes(UTF_8), value));
    }

    private static KafkaProducer<byte[], byte[]> producer(String compression) {
        return new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        SharedServers.kafka().bootstrapServers(),
                        "compression.type",
                        compression,
                        // many in one batch, so that a small fetch becomes much
                        "linger.ms",
                        50,
                        "batch.size",
                        1 << 20),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    private Process start(Path log, PostgresServer postgres, String database) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Small.class.getName(),
                        "--spring.application.name=small",
                        "--spring.main.web-application-type=none",
                        "--spring.jpa.open-in-view=false",
                        "--spring.kafka.consumer.value-deserializer="
                                + "org.apache.kafka.common.serialization.ByteArrayDeserializer",
                        "--spring.datasource.url=" + postgres.jdbcUrl(database),
                        "--spring.datasource.username=" + postgres.username(),
                        "--spring.datasource.password=" + postgres.password(),
                        "--spring.kafka.bootstrap-servers="
                                + SharedServers.kafka().bootstrapServers(),
                        "--test.topic=" + topic,
                        "--reliable-messaging.relay.enabled=false")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }
}
