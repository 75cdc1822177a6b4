package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.KafkaCluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.support.TransactionTemplate;

/** Runs the examples of docs/recovery.md. */
class RecoveryDocumentIT {

    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final AtomicBoolean KNOWN = new AtomicBoolean();

    private static KafkaCluster kafka;
    private static ConfigurableApplicationContext application;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Billing billing() {
            return new Billing();
        }
    }

    static final class PriceUnknownException extends UnrecoverableMessageException {

        PriceUnknownException() {
            super("no price yet");
        }
    }

    static class Billing {

        @ReliableListener(id = "billing", topics = "orders", groupId = "billing")
        void bill(String order) {
            if (!KNOWN.get()) {
                throw new PriceUnknownException();
            }
        }
    }

    @BeforeAll
    static void start() {
        kafka = KafkaCluster.start(1);
        application = HostApplication.onSharedServers(Host.class)
                .on(kafka)
                .with(
                        "spring.datasource.hikari.maximum-pool-size=12",
                        "reliable-messaging.topics.orders.partitions=1",
                        "reliable-messaging.listeners.billing.dry-run=true",
                        "management.endpoints.web.exposure.include=health,reliablemessaging",
                        "management.endpoint.reliablemessaging.access=unrestricted")
                .serve();
    }

    @AfterAll
    static void stop() {
        application.close();
        kafka.close();
    }

    @BeforeEach
    void failOnce() {
        KNOWN.set(false);
        application
                .getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> application.getBean(MessagePublisher.class).publish("orders", "k", "order"));
        await().atMost(LIMIT).until(() -> !letters().isEmpty());
    }

    @Test
    void theJobInJavaRedrivesWhatHasFailed() {
        RedriveJobs redriveJobs = application.getBean(RedriveJobs.class);
        KNOWN.set(true);
        RedriveJob job = redriveJobs.start(
                RedriveRequest.of(DeadLetterQuery.dead().group("billing").topic("orders"))
                        .canary()
                        .perSecond(50),
                "release 1.4.1 is out",
                "olive");
        await().atMost(LIMIT)
                .until(() -> redriveJobs.get(job.id()).orElseThrow().state() == RedriveJob.State.DONE);
        assertThat(letters()).isEmpty();
    }

    @Test
    void everyCommandOfTheShellDoesWhatThePageSays() throws Exception {
        List<String> commands = RecoveryDocumentTests.examples("sh");
        assertThat(commands).hasSize(10).allMatch(command -> command.startsWith("curl "));
        String id = String.valueOf(letters().get(0).id());
        assertThat(run(commands.get(0), Map.of())).contains("\"id\":" + id + ",", "PriceUnknownException", "200");
        assertThat(run(commands.get(1), Map.of("ID", id))).contains("\"failures\":[", "200");
        assertThat(run(commands.get(7), Map.of())).contains("1 messages were discarded", "200");
        assertThat(letters()).isEmpty();

        failOnce();
        KNOWN.set(true);
        assertThat(run(
                        commands.get(2),
                        Map.of("ID", String.valueOf(letters().get(0).id()))))
                .contains("is redriven", "200");
        await().atMost(LIMIT).until(() -> letters().isEmpty());

        failOnce();
        KNOWN.set(true);
        String job = run(commands.get(5), Map.of());
        assertThat(job).contains("\"expected\":1,", "\"mode\":\"CANARY\"", "201");
        String number = job.replaceAll("(?s).*?\"id\":(\\d+).*", "$1");
        await().atMost(LIMIT)
                .until(() -> run(commands.get(6), Map.of("JOB", number)).contains("\"state\":\"DONE\""));
        assertThat(letters()).isEmpty();

        failOnce();
        Map<String, String> typo = Map.of("ID", String.valueOf(letters().get(0).id()));
        assertThat(run(commands.get(3), typo)).contains("\"outcome\":\"WOULD_FAIL\"", "PriceUnknownException", "200");
        KNOWN.set(true);
        assertThat(run(commands.get(3), typo)).contains("\"outcome\":\"WOULD_SUCCEED\"", "200");
        assertThat(run(commands.get(4), typo)).contains("is edited", "200");
        await().atMost(LIMIT).until(() -> letters().isEmpty());

        assertThat(run(commands.get(8), Map.of())).contains("is paused", "200");
        assertThat(application.getBean(MessagingOperations.class).listeners())
                .allMatch(listener -> listener.state() == MessagingSnapshot.Listener.State.PAUSED);
        assertThat(run(commands.get(9), Map.of())).contains("goes on", "200");
    }

    private static List<DeadLetter> letters() {
        return application.getBean(DeadLetters.class).find(DeadLetterQuery.dead());
    }

    /** Runs a command of the page, and returns what it prints, with the status. */
    private static String run(String command, Map<String, String> variables) throws IOException, InterruptedException {
        String port = application.getEnvironment().getRequiredProperty("local.server.port");
        String here = command.replace("localhost:8080", "localhost:" + port)
                .replaceFirst("curl ", "curl -s -w ' %{http_code}' ");
        ProcessBuilder process = new ProcessBuilder("sh", "-c", here).redirectErrorStream(true);
        process.environment().putAll(variables);
        Process curl = process.start();
        String printed = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(curl.waitFor()).as(printed).isZero();
        return printed;
    }
}
