package io.reliablemessaging.broker;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.reliablemessaging.support.HostApplication;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.DefaultKafkaProducerFactoryCustomizer;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.kafka.core.RoutingKafkaTemplate;

/** What becomes of the host's own producer: safe unless it chooses otherwise, and then it is told. */
@ExtendWith(OutputCaptureExtension.class)
class HostProducerTests {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(
            exclude = {DataSourceAutoConfiguration.class, FlywayAutoConfiguration.class},
            excludeName = "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration")
    static class Host {}

    @Configuration(proxyBeanMethods = false)
    static class OwnFactory {

        @Bean
        ProducerFactory<Object, Object> mine() {
            return new DefaultKafkaProducerFactory<>(Map.of("acks", "1"));
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnCustomizer {

        @Bean
        DefaultKafkaProducerFactoryCustomizer acksOfOne() {
            return factory -> factory.updateConfigs(Map.of("acks", "1"));
        }
    }

    /** Producers that no bean names. */
    @Configuration(proxyBeanMethods = false)
    static class HiddenFactories {

        @Bean
        KafkaTemplate<Object, Object> byHand() {
            return new KafkaTemplate<>(new DefaultKafkaProducerFactory<>(Map.of("acks", "1")));
        }

        @Bean
        KafkaTemplate<Object, Object> overriding(KafkaConnectionDetails kafka) {
            return new KafkaTemplate<>(
                    new DefaultKafkaProducerFactory<>(Map.of("bootstrap.servers", kafka.getBootstrapServers())),
                    Map.of("retries", "0"));
        }

        @Bean
        RoutingKafkaTemplate routing() {
            return new RoutingKafkaTemplate(
                    Map.of(Pattern.compile(".*"), new DefaultKafkaProducerFactory<>(Map.of("acks", "all"))));
        }

        @Bean
        @Lazy
        KafkaTemplate<Object, Object> neverMade() {
            throw new AssertionError("the host has not asked for it");
        }
    }

    private final HostApplication host = HostApplication.of(Host.class);

    @Test
    void theTemplateIsSafeByDefault() {
        assertThat(templateConfig(host)).containsEntry("acks", "all").containsEntry("enable.idempotence", true);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "spring.kafka.producer.acks=1",
                "spring.kafka.producer.properties.acks=0",
                "spring.kafka.producer.properties[acks]=1",
                "spring.kafka.properties.acks=1",
                "spring.kafka.producer.properties.enable.idempotence=false",
                "spring.kafka.producer.properties[enable.idempotence]=false",
                "spring.kafka.properties[enable.idempotence]=false",
                "spring.kafka.producer.retries=0"
            })
    void aWeakeningPropertyIsRefusedByNameInStrictMode(String weak, CapturedOutput output) {
        String property = weak.substring(0, weak.indexOf('=')).replace("[", ".").replace("]", "");
        String value = weak.substring(weak.indexOf('=') + 1);
        String refusal =
                host.with("reliable-messaging.durability.mode=strict", weak).refusal(output);
        assertThat(refusal)
                .contains("'" + property + "' is " + value + ", should be ")
                .contains("Remove '" + property + "'.")
                .contains("'reliable-messaging.durability.mode=warn'");
    }

    @Test
    void aWeakeningEnvironmentVariableIsRefusedInStrictMode(CapturedOutput output) {
        String refusal = host.withEnvironment(
                        "SPRING_KAFKA_PRODUCER_ACKS=1",
                        "SPRING_KAFKA_PRODUCER_PROPERTIES_ENABLE_IDEMPOTENCE=false",
                        "RELIABLEMESSAGING_DURABILITY_MODE=STRICT")
                .refusal(output);
        assertThat(refusal)
                .contains("'spring.kafka.producer.acks' is 1")
                .contains("'spring.kafka.producer.properties.enable.idempotence' is false");
    }

    @Test
    void strictModeLooksEvenIfBeansAreLazy(CapturedOutput output) {
        String refusal = host.with(
                        "spring.main.lazy-initialization=true",
                        "reliable-messaging.durability.mode=strict",
                        "spring.kafka.producer.acks=1")
                .refusal(output);
        assertThat(refusal).contains("'spring.kafka.producer.acks' is 1");
    }

    @Test
    void aWeakeningPropertyIsReportedAndKeptByDefault(CapturedOutput output) {
        assertThat(templateConfig(host.with("spring.kafka.producer.acks=1")))
                .containsEntry("acks", "1")
                .doesNotContainKey("enable.idempotence");
        assertThat(output.toString().lines().filter(line -> line.contains("RM-P001")))
                .singleElement(as(STRING))
                .containsPattern(
                        "'spring.kafka.producer.acks' +1 +should be all +Remove 'spring.kafka.producer.acks'.");
    }

    @Test
    void nothingIsReportedIfNobodyWantsToKnow(CapturedOutput output) {
        host.with("spring.kafka.producer.acks=1", "reliable-messaging.durability.mode=off")
                .run()
                .close();
        assertThat(output).doesNotContain("could be lost");
    }

    @Test
    void aPropertyThatIsOverruledBySafeOnesIsNotReported(CapturedOutput output) {
        host.with(
                        "reliable-messaging.durability.mode=strict",
                        "spring.kafka.properties.acks=1",
                        "spring.kafka.producer.acks=-1")
                .run()
                .close();
        assertThat(output).doesNotContain("could be lost");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "spring.kafka.producer.acks=1",
                "spring.kafka.producer.retries=0",
                "spring.kafka.producer.properties.enable.idempotence=false",
                "spring.kafka.producer.transaction-id-prefix=host-"
            })
    void theTemplateStillHasAProducerWhateverTheHostHasChosen(String chosen) {
        try (var context = host.with(chosen).run()) {
            Map<String, Object> config = templateConfig(context);
            // made from what the factory would give it: Kafka refuses settings that contradict each other
            assertThat(new ProducerConfig(config).getString("acks")).isEqualTo(chosen.contains("acks") ? "1" : "-1");
        }
    }

    @Test
    void aTemplateWhoseFactoryIsNoBeanIsAskedToo(CapturedOutput output) {
        String refusal = host.and(HiddenFactories.class)
                .with("reliable-messaging.durability.mode=strict")
                .refusal(output);
        assertThat(refusal)
                .contains("acks of KafkaTemplate 'byHand' is 1, should be all", "Set acks=all there.")
                .contains("retries of KafkaTemplate 'overriding' is 0, should be ")
                .doesNotContain("routing", "neverMade");
    }

    @Test
    void aTemplateWhoseFactoryIsABeanIsNotReportedTwice(CapturedOutput output) {
        templateConfig(host.and(OwnFactory.class));
        assertThat(output).containsOnlyOnce("RM-P001");
        assertThat(output).contains("acks of ProducerFactory 'mine'").doesNotContain("KafkaTemplate '");
    }

    @Test
    void anApplicationWithoutTopicsDoesNotAskTheClusterForAny(CapturedOutput output) {
        host.with("reliable-messaging.durability.mode=strict").run().close();
        assertThat(output).doesNotContain("Topics could not be created");
    }

    @Test
    void theHostsCustomizerHasTheFirstWord() {
        assertThat(templateConfig(host.and(OwnCustomizer.class)))
                .containsEntry("acks", "1")
                .doesNotContainKey("enable.idempotence");
    }

    @Test
    void theHostsOwnFactoryIsLeftAlone() {
        assertThat(templateConfig(host.and(OwnFactory.class))).isEqualTo(Map.of("acks", "1"));
    }

    private static Map<String, Object> templateConfig(HostApplication host) {
        try (var context = host.run()) {
            return templateConfig(context);
        }
    }

    private static Map<String, Object> templateConfig(ApplicationContext context) {
        KafkaTemplate<?, ?> template = context.getBean(KafkaTemplate.class);
        return template.getProducerFactory().getConfigurationProperties();
    }
}
