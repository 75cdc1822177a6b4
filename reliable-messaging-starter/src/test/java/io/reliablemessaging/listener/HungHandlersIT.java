package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.MessagingSnapshot.Capacity;
import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.Trouble;
import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.database.HandlerConnections;
import io.reliablemessaging.database.HandlerConnections.Need;
import io.reliablemessaging.support.HostApplication;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.support.TransactionTemplate;

/** Handlers of one listener hang: that of another one goes on, and people see which it is and at which message. */
class HungHandlersIT {

    private static final String HANGING = "hanging-" + UUID.randomUUID();
    private static final String FLOWING = "flowing-" + UUID.randomUUID();
    private static final int HUNG = 8;
    private static final int OTHERS = 20;

    private static final CountDownLatch RELEASE = new CountDownLatch(1);
    private static final Map<String, String> HELD = new ConcurrentHashMap<>();
    private static final AtomicInteger HANDLED = new AtomicInteger();

    private static ConfigurableApplicationContext application;
    private static MessagingOperations operations;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        MeterRegistry registry() {
            return new SimpleMeterRegistry();
        }

        @Bean
        Handlers handlers() {
            return new Handlers();
        }
    }

    static class Handlers {

        @ReliableListener(id = "hanging", topics = "${test.hanging}", groupId = "hanging")
        void hang(IncomingMessage<String> message) throws InterruptedException {
            HELD.put(
                    message.id().toString(),
                    "%s-%d@%d".formatted(message.topic(), message.partition(), message.offset()));
            RELEASE.await();
        }

        @ReliableListener(id = "flowing", topics = "${test.flowing}", groupId = "flowing")
        void flow(String payload) {
            HANDLED.incrementAndGet();
        }
    }

    @BeforeAll
    static void start() {
        application = HostApplication.onSharedServers(Host.class)
                .with(
                        "spring.datasource.hikari.maximum-pool-size=8",
                        "test.hanging=" + HANGING,
                        "test.flowing=" + FLOWING,
                        "reliable-messaging.topics." + HANGING + ".partitions=1",
                        "reliable-messaging.topics." + FLOWING + ".partitions=1",
                        "reliable-messaging.listener.memory=10MB",
                        "reliable-messaging.listener.connections-per-handler=2",
                        "reliable-messaging.listener.transaction-timeout=2s")
                .run();
        operations = application.getBean(MessagingOperations.class);
    }

    @AfterAll
    static void stop() {
        RELEASE.countDown();
        application.close();
    }

    @Test
    void othersGoOnAndTheHungHandlerIsNamed() {
        publish(HANGING, HUNG);
        await().atMost(Duration.ofMinutes(1)).until(() -> !HELD.isEmpty());
        publish(FLOWING, OTHERS);
        await().atMost(Duration.ofMinutes(1)).until(() -> HANDLED.get() == OTHERS);

        Trouble trouble = await().atMost(Duration.ofMinutes(1))
                .until(this::trouble, Optional::isPresent)
                .orElseThrow();
        assertThat(trouble.where()).isEqualTo("hanging");
        assertThat(trouble.what()).startsWith("handler of listener hanging runs for ");
        assertThat(HELD.entrySet())
                .anySatisfy(held -> assertThat(trouble.what()).contains(held.getKey(), held.getValue()));
        assertItIsSeen();

        RELEASE.countDown();
        await().atMost(Duration.ofMinutes(1)).until(() -> trouble().isEmpty());
        await().atMost(Duration.ofMinutes(1)).until(() -> HELD.size() == HUNG);
        await().atMost(Duration.ofMinutes(1)).until(() -> listener("hanging").lag() == 0);
        assertThat(listener("hanging").bytes()).isZero();
        assertThat(value("memory", "hanging")).isZero();
        assertThat(operations.capacity().map(Capacity::freePermits)).contains(3);
    }

    private void assertItIsSeen() {
        Listener hanging = listener("hanging");
        assertThat(hanging.longestHandler()).isNotNull();
        await().until(() ->
                listener("hanging").lag() == HUNG && listener("hanging").bytes() > 0);
        assertThat(listener("hanging").uncommittedSpan()).isPositive();
        // a pool of 10, of which 4 connections are for others, and 2 for each handler
        Capacity capacity = operations.snapshot().capacity();
        assertThat(capacity).isNotNull();
        assertThat(capacity.permits()).isEqualTo(3);
        assertThat(capacity.freePermits()).isBetween(1, 2);
        assertThat(capacity.bytes()).isPositive();
        assertThat(capacity.byteLimit()).isEqualTo(10 << 20);

        await().atMost(Duration.ofMinutes(1)).until(() -> value("lag", "hanging") == HUNG);
        assertThat(value("handler.longest", "hanging")).isGreaterThan(2);
        assertThat(value("uncommitted", "hanging")).isPositive();
        assertThat(value("memory", "hanging")).isPositive();
        assertThat(value("outage", "hanging")).isZero();
        assertThat(value("memory.limit")).isEqualTo(10 << 20);
        assertThat(value("permits")).isEqualTo(3);
        assertThat(value("permits.free")).isBetween(1.0, 2.0);
        assertThat(value("lag", "flowing")).isZero();
    }

    @Test
    void theAuditIsToldHowManyConnectionsHandlersAskFor() {
        assertThat(application.getBean(HandlerConnections.class).needs())
                .containsExactlyInAnyOrder(new Need("hanging", 16, 2), new Need("flowing", 16, 2));
    }

    private Optional<Trouble> trouble() {
        return operations.troubles().stream()
                .filter(each -> each.kind() == Kind.HANDLER_RUNS_LONG)
                .findFirst();
    }

    private static Listener listener(String id) {
        return operations.listeners().stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static double value(String metric, String... listener) {
        var found = application.getBean(MeterRegistry.class).find("reliable.messaging." + metric);
        var gauge = (listener.length == 0 ? found : found.tags("listener", listener[0], "group", listener[0])).gauge();
        return gauge == null ? Double.NaN : gauge.value();
    }

    private static void publish(String topic, int count) {
        MessagePublisher publisher = application.getBean(MessagePublisher.class);
        application.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            for (int i = 0; i < count; i++) {
                publisher.publish(topic, "k" + i, "v");
            }
        });
    }
}
