package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.SharedServers;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.MethodParameter;
import org.springframework.kafka.annotation.KafkaListenerConfigurer;
import org.springframework.kafka.support.KafkaHeaders;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;
import org.springframework.transaction.annotation.Transactional;

/** Handlers take the same of a message however it reaches them: just read, parked, in a batch, without an order, redriven. */
class HandlerMethodsIT {

    private static final String TOPIC = "taken-" + UUID.randomUUID();

    private ConfigurableApplicationContext host;

    public record Parcel(String name) {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Parcels parcels() {
            return new Parcels();
        }

        @Bean
        Taken taken() {
            return new Taken();
        }

        @Bean
        KafkaListenerConfigurer resolvers() {
            return registrar -> registrar.setCustomMethodArgumentResolvers(new HandlerMethodArgumentResolver() {
                @Override
                public boolean supportsParameter(MethodParameter parameter) {
                    return parameter.getParameterType() == Locale.class;
                }

                @Override
                public Object resolveArgument(MethodParameter parameter, Message<?> message) {
                    return Locale.forLanguageTag(message.getHeaders().get("language", String.class));
                }
            });
        }
    }

    static class Taken {

        final List<String> values = new CopyOnWriteArrayList<>();
        volatile boolean broken = true;

        List<String> of(String group) {
            return values.stream().filter(each -> each.startsWith(group)).toList();
        }
    }

    /** Whose methods are called through a proxy, with a payload that only its subclass knows. */
    static class Base<T extends Record> {

        protected void take(
                Taken taken,
                T payload,
                ConsumerRecord<String, T> record,
                Message<T> message,
                int attempt,
                Locale locale) {
            String group = message.getHeaders().get(KafkaHeaders.GROUP_ID, String.class);
            String name = record.value().toString();
            if (name.contains("parked") && attempt == 1) {
                throw new IllegalStateException("once");
            }
            if (name.contains("dead") && taken.broken) {
                throw new UnrecoverableMessageException("for now");
            }
            assertThat(message.getPayload()).isEqualTo(payload).isEqualTo(record.value());
            assertThat(message.getHeaders().get(KafkaHeaders.OFFSET)).isEqualTo(record.offset());
            assertThat(message.getHeaders().get(KafkaHeaders.RECEIVED_TOPIC)).isEqualTo(record.topic());
            taken.values.add("%s#%d %s=%s %s %s"
                    .formatted(
                            group,
                            attempt,
                            record.key(),
                            payload,
                            locale,
                            new String(record.headers().lastHeader("language").value(), UTF_8)));
        }
    }

    @Transactional
    static class Parcels extends Base<Parcel> {

        @Autowired
        private Taken taken;

        @ReliableListener(topics = "${test.topic}", groupId = "live")
        public void live(
                Parcel parcel,
                ConsumerRecord<String, Parcel> record,
                Message<Parcel> message,
                @Header(KafkaHeaders.DELIVERY_ATTEMPT) int attempt,
                Locale locale) {
            take(taken, parcel, record, message, attempt, locale);
        }

        @ReliableListener(topics = "${test.topic}", groupId = "batch", transaction = TransactionMode.BATCH)
        public void batch(
                Parcel parcel,
                ConsumerRecord<String, Parcel> record,
                Message<Parcel> message,
                @Header(KafkaHeaders.DELIVERY_ATTEMPT) int attempt,
                Locale locale) {
            take(taken, parcel, record, message, attempt, locale);
        }

        @ReliableListener(topics = "${test.topic}", groupId = "none", ordering = Ordering.NONE)
        public void none(
                Parcel parcel,
                ConsumerRecord<String, Parcel> record,
                Message<Parcel> message,
                @Header(KafkaHeaders.DELIVERY_ATTEMPT) int attempt,
                Locale locale) {
            take(taken, parcel, record, message, attempt, locale);
        }
    }

    @BeforeEach
    void start() {
        KafkaTopic topic = KafkaTopic.create(SharedServers.kafka().bootstrapServers(), TOPIC, 1);
        for (String name : List.of("plain", "parked", "dead")) {
            topic.write("k-" + name, "{\"name\":\"%s\"}".formatted(name).getBytes(UTF_8), "language", "de");
        }
        host = HostApplication.onSharedServers(Host.class)
                .with(
                        "test.topic=" + TOPIC,
                        "reliable-messaging.listener.backoff.initial-delay=10ms",
                        "spring.datasource.hikari.maximum-pool-size=24") // enough for the default concurrency: keys
                // share no line
                .run();
    }

    @AfterEach
    void stop() {
        host.close();
    }

    @Test
    void valuesAreTheSameHoweverAMessageComes() {
        Taken taken = host.getBean(Taken.class);
        DeadLetters letters = host.getBean(DeadLetters.class);
        await().until(() -> taken.values.size() >= 6 && letters.count(DeadLetterQuery.dead()) == 3);
        taken.broken = false;
        letters.find(DeadLetterQuery.dead()).forEach(letter -> letters.redrive(letter.id(), "olive"));
        await().until(() -> taken.values.size() >= 9);
        for (String group : List.of("live", "batch", "none")) {
            assertThat(taken.of(group))
                    .containsExactlyInAnyOrderElementsOf(Stream.of(
                                    "#1 k-plain=Parcel[name=plain]",
                                    "#2 k-parked=Parcel[name=parked]",
                                    "#1 k-dead=Parcel[name=dead]")
                            .map(each -> group + each + " de de")
                            .toList());
        }
    }
}
