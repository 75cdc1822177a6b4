package io.reliablemessaging.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.Trouble;
import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.test.KafkaCluster;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.actuate.endpoint.HealthDescriptor;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.actuate.endpoint.IndicatedHealthDescriptor;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.transaction.support.TransactionTemplate;

/** What health says while Kafka is away, while a handler's service is, and after an Error; and that nobody is restarted for it. */
class HealthIT {

    private static final String SENDING = "reliableMessagingSending";
    private static final String LISTENERS = "reliableMessagingListeners";
    private static final String TOPIC = "health-" + UUID.randomUUID();
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private static final AtomicBoolean ERROR = new AtomicBoolean();
    private static final AtomicBoolean AWAY = new AtomicBoolean();

    private static KafkaCluster kafka;
    private static HostApplication host;
    private static ConfigurableApplicationContext application;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Recorder recorder() {
            return new Recorder();
        }

        @Bean
        Handlers handlers() {
            return new Handlers();
        }
    }

    static class Handlers {

        @ReliableListener(id = "billing", topics = "${test.topic}", groupId = "billing")
        void bill(String payload) {
            if (ERROR.get()) {
                throw new InternalError("deep");
            }
        }

        @ReliableListener(id = "shipping", topics = "${test.topic}", groupId = "shipping")
        void ship(String payload) throws ConnectException {
            if (AWAY.get()) {
                throw new ConnectException("carrier refused");
            }
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Publishing {}

    @BeforeAll
    static void start() {
        kafka = KafkaCluster.start(1);
        host = HostApplication.onSharedServers(Host.class)
                .on(kafka)
                .with(
                        "spring.datasource.hikari.maximum-pool-size=12",
                        "test.topic=" + TOPIC,
                        "reliable-messaging.topics." + TOPIC + ".partitions=1",
                        "reliable-messaging.relay.lease=2s",
                        "reliable-messaging.outbox.max-backlog-age=1s",
                        "reliable-messaging.listener.backoff.initial-delay=10ms",
                        "reliable-messaging.listener.outage-exceptions=java.net.ConnectException");
        application = host.run();
    }

    @AfterAll
    static void stop() {
        application.close();
        kafka.close();
    }

    @Test
    void whileKafkaIsAwayHealthSaysSoAndNobodyIsRestarted() {
        awaitStatus(SENDING, Status.UP);
        kafka.broker(0).pause();
        publish("k");
        await().atMost(PATIENCE)
                .until(() -> troubles(SENDING).stream()
                        .map(Trouble::kind)
                        .toList()
                        .containsAll(List.of(Kind.KAFKA_AWAY, Kind.BACKLOG_TOO_OLD)));
        assertThat(troubles(SENDING)).extracting(Trouble::kind).containsExactly(Kind.KAFKA_AWAY, Kind.BACKLOG_TOO_OLD);
        assertThat(troubles(LISTENERS)).extracting(Trouble::kind).containsExactly(Kind.KAFKA_AWAY);
        assertThat(health(SENDING).getStatus()).isEqualTo(TroubleHealth.DEGRADED);
        assertNobodyIsRestarted();
        kafka.broker(0).resume();
        awaitStatus(SENDING, Status.UP);
        assertThat(health().getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void aListenerThatWaitsForItsServiceSaysForWhat() {
        AWAY.set(true);
        for (int i = 0; i < 10; i++) {
            publish("key" + i);
        }
        await().atMost(PATIENCE).untilAsserted(() -> {
            HealthDescriptor listeners = health(LISTENERS);
            assertThat(listeners.getStatus()).isEqualTo(TroubleHealth.DEGRADED);
            assertThat(troubles(listeners)).singleElement().satisfies(trouble -> {
                assertThat(trouble.kind()).isEqualTo(Kind.LISTENER_WAITS);
                assertThat(trouble.where()).isEqualTo("shipping");
                assertThat(trouble.what()).contains("carrier refused");
            });
        });
        assertNobodyIsRestarted();
        AWAY.set(false);
        awaitStatus(LISTENERS, Status.UP);
    }

    @Test
    void aListenerThatAnErrorHasStoppedIsDownUntilItIsStartedAgain() {
        ERROR.set(true);
        publish("k");
        awaitStatus(LISTENERS, Status.DOWN);
        assertThat(troubles(LISTENERS))
                .filteredOn(trouble -> trouble.kind() == Kind.LISTENER_STOPPED)
                .singleElement()
                .satisfies(trouble -> {
                    assertThat(trouble.where()).isEqualTo("billing");
                    assertThat(trouble.what()).contains("InternalError: deep");
                });
        assertThat(health().getStatus()).isEqualTo(Status.DOWN);
        assertThat(health("liveness").getStatus()).isEqualTo(Status.UP);
        assertThat(health("readiness").getStatus()).isEqualTo(Status.UP);
        ERROR.set(false);
        application
                .getBean(KafkaListenerEndpointRegistry.class)
                .getListenerContainer("billing")
                .start();
        awaitStatus(LISTENERS, Status.UP);
        await().until(() -> application.getBean(MessagingOperations.class).snapshot().listeners().stream()
                .allMatch(listener -> listener.partitions() == 1 && listener.lag() != null && listener.lag() == 0));
    }

    @Test
    void aListenerThatCannotReadSaysWhy() {
        HostApplication unable = HostApplication.onSharedServers(Host.class)
                .on(kafka)
                .with(
                        "test.topic=" + TOPIC,
                        "reliable-messaging.topics." + TOPIC + ".partitions=1",
                        "reliable-messaging.relay.enabled=false",
                        "spring.kafka.consumer.properties.partition.assignment.strategy=no.such.Assignor");
        try (ConfigurableApplicationContext instance = unable.run()) {
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(troubles(instance, LISTENERS))
                            .allSatisfy(trouble -> {
                                assertThat(trouble.kind()).isEqualTo(Kind.LISTENER_CANNOT_READ);
                                assertThat(trouble.what()).contains("no.such.Assignor");
                            })
                            .extracting(Trouble::where)
                            .containsExactly("billing", "shipping"));
            assertThat(health(instance, LISTENERS).getStatus()).isEqualTo(TroubleHealth.DEGRADED);
        }
    }

    @Test
    void lanesThatNobodySendsAreATrouble() {
        HostApplication publishing = HostApplication.onSharedServers(Publishing.class)
                .with("reliable-messaging.relay.enabled=false", "reliable-messaging.relay.lease=1s");
        try (ConfigurableApplicationContext alone = publishing.run()) {
            await().atMost(PATIENCE)
                    .until(() -> health(alone, SENDING).getStatus().equals(TroubleHealth.DEGRADED));
            assertThat(troubles(alone, SENDING)).extracting(Trouble::kind).containsExactly(Kind.LANES_WITHOUT_OWNER);
        }
    }

    private static void assertNobodyIsRestarted() {
        assertThat(health("liveness").getStatus()).isEqualTo(Status.UP);
        assertThat(health("readiness").getStatus()).isEqualTo(Status.UP);
        assertThat(health().getStatus()).isEqualTo(Status.UP);
    }

    private static void awaitStatus(String name, Status status) {
        await().atMost(PATIENCE).until(() -> health(name).getStatus(), status::equals);
    }

    private static HealthDescriptor health(String... path) {
        return health(application, path);
    }

    private static HealthDescriptor health(ConfigurableApplicationContext instance, String... path) {
        HealthEndpoint endpoint = instance.getBean(HealthEndpoint.class);
        return path.length == 0 ? endpoint.health() : endpoint.healthForPath(path);
    }

    private static List<Trouble> troubles(String name) {
        return troubles(application, name);
    }

    private static List<Trouble> troubles(ConfigurableApplicationContext instance, String name) {
        return troubles(health(instance, name));
    }

    @SuppressWarnings("unchecked")
    private static List<Trouble> troubles(HealthDescriptor described) {
        return described instanceof IndicatedHealthDescriptor indicated && indicated.getDetails() != null
                ? (List<Trouble>) indicated.getDetails().getOrDefault("troubles", List.of())
                : List.of();
    }

    private static void publish(String key) {
        application
                .getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> application.getBean(MessagePublisher.class).publish(TOPIC, key, "v"));
    }
}
