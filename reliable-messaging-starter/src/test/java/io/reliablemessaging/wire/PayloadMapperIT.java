package io.reliablemessaging.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessageSender;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.support.HostApplication;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** Which of the application's JSON mappers writes payloads is never decided in silence, nor is what a foreign tree becomes. */
@ExtendWith(OutputCaptureExtension.class)
class PayloadMapperIT {

    private static final String TOPIC = "mapped";

    record Parcel(String firstName, Object content) {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Configuration(proxyBeanMethods = false)
    static class Two {
        @Bean
        JsonMapper camels() {
            return JsonMapper.builder().build();
        }

        @Bean
        JsonMapper snakes() {
            return JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OneOfTwo {
        @Bean
        JsonMapper camels() {
            return JsonMapper.builder().build();
        }

        @Bean
        @Primary
        JsonMapper snakes() {
            return new Two().snakes();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OneForAll {
        @Bean(defaultCandidate = false)
        JsonMapper camels() {
            return JsonMapper.builder().build();
        }

        @Bean
        JsonMapper snakes() {
            return new Two().snakes();
        }
    }

    @Test
    void twoMappersOfWhichNoneIsPrimaryAreRefusedByName(CapturedOutput output) {
        assertThat(host().and(Two.class).refusal(output))
                .contains("there are several, none of which is primary: camels, snakes")
                .contains("Mark the one for payloads @Primary")
                .contains("@Bean(defaultCandidate = false)");
    }

    @Test
    void theOneThatIsMeantWrites() {
        for (Class<?> beans : List.of(OneOfTwo.class, OneForAll.class)) {
            try (ConfigurableApplicationContext host = host().and(beans)
                    .with("reliable-messaging.relay.enabled=false")
                    .run()) {
                publish(host, new Parcel("Olive", null));
                assertThat(rows(host)).containsExactly("{\"first_name\":\"Olive\",\"content\":null}");
            }
        }
    }

    @Test
    void whereTheApplicationSerialisesByItselfNoMapperIsAskedFor() {
        host().and(Two.class)
                .with(
                        // which asks for a single mapper, and is here for other tests only
                        "spring.autoconfigure.exclude=org.springframework.boot.http.converter.autoconfigure.HttpMessageConvertersAutoConfiguration",
                        "spring.kafka.producer.value-serializer=org.apache.kafka.common.serialization.ByteArraySerializer",
                        "spring.kafka.consumer.value-deserializer=org.apache.kafka.common.serialization.ByteArrayDeserializer")
                .run()
                .close();
    }

    @Test
    void aTreeOfJackson2IsNeitherStoredNorSent() throws Exception {
        Object tree = new ObjectMapper().readTree("{\"a\": 1}");
        try (ConfigurableApplicationContext host = host().run()) {
            for (Object payload : List.of(tree, new Parcel("Olive", Map.of("tree", tree)))) {
                assertThatExceptionOfType(InvalidMessageException.class)
                        .isThrownBy(() -> publish(host, payload))
                        .withMessageContaining("belongs to Jackson 2");
                assertThatExceptionOfType(InvalidMessageException.class)
                        .isThrownBy(() -> host.getBean(MessageSender.class)
                                .send(OutgoingMessage.to(TOPIC).payload(payload).build()))
                        .withMessageContaining("belongs to Jackson 2");
            }
            assertThat(rows(host)).isEmpty();
        }
    }

    private static HostApplication host() {
        return HostApplication.onSharedServers(Host.class).with("reliable-messaging.topics." + TOPIC + ".partitions=1");
    }

    private static void publish(ConfigurableApplicationContext host, Object payload) {
        host.getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> host.getBean(MessagePublisher.class).publish(TOPIC, payload));
    }

    private static List<String> rows(ConfigurableApplicationContext host) {
        return host.getBean(JdbcTemplate.class)
                .queryForList(
                        "select convert_from(value, 'UTF8') from reliable_messaging.outbox_message", String.class);
    }
}
