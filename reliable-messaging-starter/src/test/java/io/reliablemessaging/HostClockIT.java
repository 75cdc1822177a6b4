package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.reliablemessaging.support.HostApplication;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.support.TransactionTemplate;

/** A clock that the host has frozen, for its tests or for a simulation, decides nothing of ours. */
class HostClockIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Clock frozen(@Value("${test.time}") Instant time) {
            return Clock.fixed(time, ZoneOffset.UTC);
        }

        @Bean
        Shop shop() {
            return new Shop();
        }

        @Bean
        SimpleMeterRegistry meters() {
            return new SimpleMeterRegistry();
        }
    }

    static class Shop {

        final List<IncomingMessage<String>> seen = new CopyOnWriteArrayList<>();

        @ReliableListener(topics = "${test.topic}", groupId = "${test.topic}")
        void on(IncomingMessage<String> message) {
            seen.add(message);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1999-12-31T23:59:59Z", "2099-01-01T00:00:00Z"})
    void idsAndTimesAreOfToday(String time) {
        String topic = "frozen-" + UUID.randomUUID();
        Instant before = Instant.now().minusMillis(1);
        try (ConfigurableApplicationContext host = HostApplication.onSharedServers(Host.class)
                .with(
                        "test.time=" + time,
                        "test.topic=" + topic,
                        "reliable-messaging.topics." + topic + ".partitions=1")
                .run()) {
            MessageId first = publish(host, topic, "first");
            await().until(() -> Instant.now().isAfter(timeOf(first).plusMillis(1)));
            MessageId second = publish(host, topic, "second");
            MessageId direct = host.getBean(MessageSender.class)
                    .send(OutgoingMessage.to(topic)
                            .key("k")
                            .payload("sent directly")
                            .build())
                    .id();
            assertThat(List.of(first, second, direct))
                    .doesNotHaveDuplicates()
                    .allSatisfy(id -> assertThat(timeOf(id)).isBetween(before, Instant.now()));
            assertThat(timeOf(second)).isAfter(timeOf(first));
            assertThat(second.toString()).isGreaterThan(first.toString());

            List<IncomingMessage<String>> seen = host.getBean(Shop.class).seen;
            await().atMost(Duration.ofSeconds(60)).until(() -> seen.size() == 3);
            assertThat(seen)
                    .allSatisfy(message -> assertThat(message.publishedAt()).isBetween(before, Instant.now()));
            assertThat(longestTime(host))
                    .isBetween(1e-9, (double) Duration.ofHours(1).toSeconds());
        }
    }

    /** Longest time that any of our timers has been told, in seconds. */
    private static double longestTime(ConfigurableApplicationContext host) {
        return host.getBean(SimpleMeterRegistry.class).getMeters().stream()
                .filter(meter -> meter.getId().getName().startsWith("reliable.messaging"))
                .filter(meter -> meter.getId().getType() == Meter.Type.TIMER)
                .flatMap(meter -> StreamSupport.stream(meter.measure().spliterator(), false))
                .filter(measured -> measured.getStatistic() == Statistic.MAX)
                .mapToDouble(measured -> measured.getValue())
                .max()
                .orElseThrow();
    }

    private static MessageId publish(ConfigurableApplicationContext host, String topic, String value) {
        MessageId id = host.getBean(TransactionTemplate.class)
                .execute(status -> host.getBean(MessagePublisher.class).publish(topic, "k", value));
        assertThat(id).isNotNull();
        return id;
    }

    /** The first 48 bits of a UUIDv7. */
    private static Instant timeOf(MessageId id) {
        return Instant.ofEpochMilli(id.value().getMostSignificantBits() >>> 16);
    }
}
