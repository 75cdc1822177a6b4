package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.PostgresServer;
import io.reliablemessaging.test.SharedServers;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;

/** A record that cannot even be read stops its listener; a person leaves it out, and the others are handled. */
class SkippedRecordIT {

    private static final int ZEROS = 120_000_000;
    private static final String SKIP = "skip";

    @Test
    void whatAPersonSkipsIsNeverHandledAndTheOthersAre() {
        try (ListenerInstances app = new ListenerInstances()) {
            app.start("reliable-messaging.topics." + app.topic + ".partitions=1");
            MessagingOperations operations = app.running.get(0).getBean(MessagingOperations.class);
            app.publish("k", "k0");
            app.awaitEffects(1);
            app.container(0).stop();
            app.publish(value -> "k", List.of("bad1", "k2", "bad3", "k4"));
            new KafkaTopic(app.bootstrapServers(), app.topic).awaitValues(5);
            operations.skip(ListenerInstances.LISTENER, app.topic, 0, 1, "olive");
            operations.skip(ListenerInstances.LISTENER, app.topic, 0, 3, "not ours", "olive");
            app.container(0).start();
            app.awaitEffects(3);
            assertThat(app.effects()).containsExactly("k0", "k2", "k4");
            assertThat(log(app.sql()))
                    .containsExactly(
                            "olive, skip offset, group tested, %s-0@1".formatted(app.topic),
                            "olive, skip offset, group tested, %s-0@3, not ours".formatted(app.topic));
            await().until(() -> app.running
                    .get(0)
                    .getBean(MessagingOperations.class)
                    .listeners()
                    .get(0)
                    .lag()
                    .equals(0L));
            assertThat(app.calls).noneMatch(call -> call.startsWith("bad"));
            refusesWhatWouldDoNothing(operations, app.topic);
        }
    }

    private static void refusesWhatWouldDoNothing(MessagingOperations operations, String topic) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> operations.skip("testd", topic, 0, 1, "olive"))
                .withMessageContaining("testd")
                .withMessageContaining("tested [" + topic + "]");
        assertThatIllegalArgumentException().isThrownBy(() -> operations.skip("tested", "elsewhere", 0, 1, "olive"));
        assertThatIllegalArgumentException().isThrownBy(() -> operations.skip("tested", topic, 0, -1, "olive"));
        assertThatIllegalArgumentException().isThrownBy(() -> operations.skip("tested", topic, 0, 1, " "));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> operations.skip("tested", topic, 0, 1, " ", "olive"))
                .withMessageContaining("'reason' is empty");
    }

    /** An application with little memory, which does what its standard input says. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Small {

        @Bean
        Reader reader(JdbcTemplate sql) {
            sql.execute("create table if not exists effect (value text)");
            return new Reader(sql);
        }

        public static void main(String[] arguments) throws IOException {
            ConfigurableApplicationContext application = new SpringApplicationBuilder(Small.class)
                    .web(WebApplicationType.NONE)
                    .run(arguments);
            MessagingOperations operations = application.getBean(MessagingOperations.class);
            String topic = application.getEnvironment().getRequiredProperty("test.topic");
            try (BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
                for (String line = commands.readLine(); line != null; line = commands.readLine()) {
                    operations.troubles().forEach(trouble -> System.out.println("TROUBLE " + trouble));
                    if (line.equals(SKIP)) {
                        operations.skip("small", topic, 0, 1, "olive");
                        application
                                .getBean(KafkaListenerEndpointRegistry.class)
                                .getListenerContainer("small")
                                .start();
                    }
                }
            }
        }
    }

    record Reader(JdbcTemplate sql) {

        @ReliableListener(id = "small", topics = "${test.topic}", groupId = "small")
        void on(byte[] value) {
            sql.update("insert into effect values (?)", new String(value, UTF_8));
        }
    }

    @Test
    @Tag("long") // what else in that process meets its want of memory is left to chance
    void aRecordThatDoesNotFitIntoTheMemoryStopsTheListenerUntilItIsSkipped(@TempDir Path logs) throws Exception {
        String topic = "small-" + UUID.randomUUID();
        KafkaTopic.create(SharedServers.kafka().bootstrapServers(), topic, 1);
        write(topic, "before".getBytes(UTF_8));
        write(topic, new byte[ZEROS]);
        write(topic, "after".getBytes(UTF_8));
        PostgresServer postgres = SharedServers.postgres();
        String database = "small_" + UUID.randomUUID().toString().replace("-", "");
        postgres.createDatabase(database);
        File log = logs.resolve("run.log").toFile();
        Process process = start(log, topic, postgres, database);
        try (Connection connection =
                DriverManager.getConnection(postgres.jdbcUrl(database), postgres.username(), postgres.password())) {
            JdbcTemplate sql = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
            String place = topic + "-0@1";
            await().atMost(Duration.ofMinutes(4)).untilAsserted(() -> {
                tell(process, "troubles");
                assertThat(text(log)).contains("while reading from " + place + " on");
            });
            assertThat(text(log))
                    .contains("kind=LISTENER_STOPPED")
                    .contains("java.lang.OutOfMemoryError")
                    .contains("Listener small stops");
            assertThat(process.isAlive()).as(text(log)).isTrue();
            tell(process, SKIP);
            await().atMost(Duration.ofMinutes(2))
                    .untilAsserted(() -> assertThat(effects(sql)).as(text(log)).containsExactly("before", "after"));
            assertThat(log(sql)).containsExactly("olive, skip offset, group small, " + place);
        } finally {
            process.destroyForcibly().waitFor(1, TimeUnit.MINUTES);
        }
    }

    private static void tell(Process process, String command) throws IOException {
        process.getOutputStream().write((command + "\n").getBytes(UTF_8));
        process.getOutputStream().flush();
    }

    private static String text(File log) throws IOException {
        return Files.readString(log.toPath());
    }

    private static List<String> effects(JdbcTemplate sql) {
        return sql.queryForList("select value from effect", String.class);
    }

    private static List<String> log(JdbcTemplate sql) {
        return sql.queryForList(
                "select concat_ws(', ', who, action, target, reason) from reliable_messaging.operation_log order by id",
                String.class);
    }

    /** Each record is a batch of its own, which takes little room as long as it is compressed. */
    private static void write(String topic, byte[] value) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        SharedServers.kafka().bootstrapServers(),
                        "compression.type",
                        "gzip",
                        "max.request.size",
                        2 * ZEROS,
                        "buffer.memory",
                        2L * ZEROS),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(topic, value)).get();
        }
    }

    private static Process start(File log, String topic, PostgresServer postgres, String database) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx200m",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Small.class.getName(),
                        "--spring.application.name=small",
                        "--spring.main.web-application-type=none",
                        "--spring.jpa.open-in-view=false",
                        "--spring.datasource.url=" + postgres.jdbcUrl(database),
                        "--spring.datasource.username=" + postgres.username(),
                        "--spring.datasource.password=" + postgres.password(),
                        "--spring.kafka.bootstrap-servers="
                                + SharedServers.kafka().bootstrapServers(),
                        "--test.topic=" + topic,
                        "--reliable-messaging.relay.enabled=false")
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
    }
}
