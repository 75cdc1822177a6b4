package io.reliablemessaging.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.actuate.EndpointClient.Answer;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.PostgresServer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.management.MBeanException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

/** What the endpoint does with other settings, without a database, and over JMX. */
class EndpointSettingsIT {

    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String UNRESTRICTED = "management.endpoint.reliablemessaging.access=unrestricted";

    private final String topic = "settings-" + UUID.randomUUID();

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Publishing {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Listening {

        @Bean
        Handlers handlers() {
            return new Handlers();
        }
    }

    static class Handlers {

        @ReliableListener(id = "billing", topics = "${test.topic}", groupId = "billing")
        void bill(String payload) {
            throw new UnrecoverableMessageException("no price for it");
        }
    }

    @Test
    void takesNoCommandsUnlessTheApplicationAllowsThem() {
        try (ConfigurableApplicationContext application = web(Publishing.class).serve()) {
            EndpointClient endpoint = new EndpointClient(application);
            assertThat(endpoint.command("/redrive-jobs", "all", true).status()).isEqualTo(405);
            assertThat(endpoint.command("/dead-letters/1/discard").status()).isEqualTo(405);
            assertThat(endpoint.get("/redrive-jobs").body().at("/jobs")).isEmpty();
            assertThat(endpoint.get("/dead-letters").status()).isEqualTo(200);
            assertThat(application.getBean(EndpointNote.class).lines())
                    .singleElement()
                    .asString()
                    .contains("without commands");
        }
    }

    @Test
    void growsLanesAndSaysWhatIsNotStored() {
        try (ConfigurableApplicationContext application = web(Publishing.class)
                .with(UNRESTRICTED, "reliable-messaging.relay.enabled=false")
                .serve()) {
            EndpointClient endpoint = new EndpointClient(application);
            assertThat(endpoint.command("/lanes/grow", "lanes", 64).text("/answer"))
                    .isEqualTo("The outbox has 64 lanes");
            JsonNode grown = endpoint.get("/log?action=grow%20lanes").body();
            assertThat(grown.at("/entries/0/reason").asString()).isEqualTo("a test");
            assertThat(grown.at("/entries/0/target").asString()).isEqualTo("from 32 to 64");
            Answer replay = endpoint.command(
                    "/outbox/replay", "topic", "t", "from", "2020-01-01T00:00:00Z", "until", "2030-01-01T00:00:00Z");
            assertThat(replay.status()).isEqualTo(409);
            assertThat(replay.text("/detail")).contains("reliable-messaging.outbox.retention");
            assertThat(application.getBean(EndpointNote.class).lines())
                    .containsExactly("actuator: /actuator/reliablemessaging, with commands");
        }
    }

    @Test
    void showsKeysHeadersAndPayloadsIfTheApplicationAllowsIt() {
        try (ConfigurableApplicationContext application = web(Listening.class)
                .with("reliable-messaging.endpoint.show-content=true", UNRESTRICTED)
                .serve()) {
            EndpointClient endpoint = new EndpointClient(application);
            String payload = "é" + "x".repeat(70_000);
            publish(application, "customer 7", payload);
            JsonNode letter = await().atMost(LIMIT)
                    .until(() -> endpoint.get("/dead-letters").body().at("/deadLetters/0"), found -> found.has("id"));
            assertThat(letter.at("/key").asString()).isEqualTo("customer 7");
            JsonNode details =
                    endpoint.get("/dead-letters/" + letter.at("/id").asLong()).body();
            assertThat(details.at("/payload/bytes").asInt()).isEqualTo(70_002);
            assertThat(details.at("/payload/cut").asBoolean()).isTrue();
            assertThat(details.at("/payload/text").asString()).isEqualTo(payload.substring(0, 65_535));
            assertThat(Base64.getDecoder().decode(details.at("/payload/base64").asString()))
                    .hasSize(65_536);
            assertThat(details.at("/headers/tenant").asString()).isEqualTo("seven");
            assertThat(details.at("/originalHeaders").isNull()).isTrue();
            assertThat(details.at("/differences")).isEmpty();
        }
    }

    @Test
    void showsWhatAnEditChangedIfTheApplicationAllowsIt() {
        try (ConfigurableApplicationContext application = web(Listening.class)
                .with("reliable-messaging.endpoint.show-content=true", UNRESTRICTED)
                .serve()) {
            EndpointClient endpoint = new EndpointClient(application);
            publish(application, "customer 7", "{\"amount\": 5}");
            String path = "/dead-letters/"
                    + await().atMost(LIMIT)
                            .until(
                                    () -> endpoint.get("/dead-letters").body().at("/deadLetters/0"),
                                    found -> found.has("id"))
                            .at("/id")
                            .asLong();
            Answer tried = endpoint.command(path + "/dry-run");
            assertThat(tried.status()).isEqualTo(409);
            assertThat(tried.text("/detail")).contains("reliable-messaging.listeners[billing].dry-run=true");
            Answer edited = endpoint.command(
                    path + "/edit",
                    "payload",
                    "{\"amount\": 7}",
                    "header.currency",
                    "EUR",
                    "header.empty",
                    "",
                    "withoutHeaders",
                    "discount, tenant");
            assertThat(edited.status()).isEqualTo(200);
            // its handler fails again
            JsonNode details = await().atMost(LIMIT)
                    .until(
                            () -> endpoint.get(path).body(),
                            found -> found.at("/failures").size() == 2);
            assertThat(details.at("/differences").valueStream().map(JsonNode::asString))
                    .contains("/amount: 5 -> 7", "header currency: added \"EUR\"", "header empty: added \"\"")
                    .anyMatch(line -> line.startsWith("header tenant: removed"));
            assertThat(details.at("/originalHeaders/tenant").asString()).isEqualTo("seven");
            assertThat(details.at("/headers").has("tenant")).isFalse();
        }
    }

    @Test
    void saysThatTheDatabaseDoesNotAnswer() {
        try (PostgresServer postgres = PostgresServer.start();
                ConfigurableApplicationContext application = web(Publishing.class)
                        .on(postgres, "postgres")
                        .with(UNRESTRICTED, "spring.datasource.hikari.connection-timeout=1000")
                        .serve()) {
            EndpointClient endpoint = new EndpointClient(application);
            assertThat(endpoint.get("/dead-letters").status()).isEqualTo(200);
            postgres.stop();
            for (Answer answer : List.of(
                    endpoint.get("/dead-letters"),
                    endpoint.command("/redrive-jobs", "all", true),
                    endpoint.command("/dead-letters/1/redrive"))) {
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.contentType()).startsWith("application/problem+json");
                assertThat(answer.text("/title")).isEqualTo("Database does not answer");
                assertThat(answer.text("/detail")).contains("Try again");
            }
            assertThat(endpoint.get("").status()).isEqualTo(200);
        }
    }

    @Test
    void takesTheSamePathsOverJmx() throws Exception {
        try (ConfigurableApplicationContext application = HostApplication.onSharedServers(Publishing.class)
                .with(
                        "spring.jmx.enabled=true",
                        "spring.jmx.default-domain=" + topic,
                        "management.endpoints.jmx.exposure.include=reliablemessaging",
                        UNRESTRICTED)
                .run()) {
            assertThat(application.isRunning()).isTrue();
            assertThat(jmx("overview")).isInstanceOf(Map.class);
            assertThat(jmx("read", "redrive-jobs", "limit=5")).asString().contains("jobs=[]");
            assertThat(jmx("command", "redrive-jobs", "all=true&reason=release+1.4.1&who=olive"))
                    .asString()
                    .contains("reason=release 1.4.1", "who=olive");
            assertThatThrownBy(() -> jmx("command", "redrive-jobs/99/pause", "reason=r&who=olive"))
                    .isInstanceOf(MBeanException.class)
                    .rootCause()
                    .hasMessageContaining("There is no redrive job 99");
            assertThatThrownBy(() -> jmx("command", "redrive-jobs", "all=true"))
                    .rootCause()
                    .hasMessageContaining("'reason' is missing");
        }
    }

    private Object jmx(String operation, String... arguments) throws Exception {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        ObjectName name = new ObjectName(topic + ":type=Endpoint,name=Reliablemessaging");
        String[] types = new String[arguments.length];
        Arrays.fill(types, String.class.getName());
        return server.invoke(name, operation, arguments, types);
    }

    private HostApplication web(Class<?> source) {
        return HostApplication.onSharedServers(source)
                .with(
                        "test.topic=" + topic,
                        "reliable-messaging.topics." + topic + ".partitions=1",
                        "management.endpoints.web.exposure.include=reliablemessaging");
    }

    private void publish(ConfigurableApplicationContext application, String key, String payload) {
        application
                .getBean(TransactionTemplate.class)
                .executeWithoutResult(status -> application
                        .getBean(MessagePublisher.class)
                        .publish(OutgoingMessage.to(topic)
                                .key(key)
                                .payload(payload)
                                .header("tenant", "seven")
                                .build()));
    }
}
