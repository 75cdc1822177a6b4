package io.reliablemessaging.payload;

import io.reliablemessaging.text.LogStyle;
import io.reliablemessaging.text.LoggingProperties;
import io.reliablemessaging.text.StartupNote;
import io.reliablemessaging.text.StartupSummary;
import io.reliablemessaging.wire.KafkaConnection;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.kafka.core.KafkaTemplate;
import tools.jackson.databind.json.JsonMapper;

/** Wires the parts that encode messages and reach Kafka. */
@AutoConfiguration(
        afterName = {
            // Boot's own come first, in Boot's order. Ours come first in the alphabet, so whatever we wait for would be
            // created before the rest: Kafka's transaction manager before the database's, which would then back off.
            "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration",
            "org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration",
            "org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration",
            "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration"
        })
@ConditionalOnClass(KafkaTemplate.class)
@ConditionalOnBean({KafkaConnectionDetails.class, KafkaProperties.class})
@ConditionalOnBooleanProperty(name = "reliable-messaging.enabled", matchIfMissing = true)
@EnableConfigurationProperties(LoggingProperties.class)
public final class PayloadAutoConfiguration {

    private static final int KAFKA_MAX_REQUEST_SIZE = 1_048_576;

    PayloadAutoConfiguration() {}

    @Bean
    static BeanFactoryPostProcessor reliableMessagingLogStyle(Environment environment) {
        return LogStyle.postProcessor(environment);
    }

    @Bean
    StartupSummary reliableMessagingStartupSummary(ObjectProvider<StartupNote> notes) {
        return new StartupSummary(notes::stream);
    }

    @Bean
    KafkaConnection reliableMessagingKafkaConnection(KafkaProperties properties, KafkaConnectionDetails details) {
        return new KafkaConnection(properties, details);
    }

    // not the host's Clock: applications freeze it in tests, and
    // ids and times are compared with those of other instances
    @Bean
    MessageEncoder reliableMessagingEncoder(PayloadCodec codec, KafkaConnection kafka) {
        return new MessageEncoder(codec, maxRequestSize(kafka), InstantSource.system());
    }

    @Bean
    PayloadCodec reliableMessagingPayloadCodec(KafkaConnection kafka, ObjectProvider<JsonMapper> json) {
        return new PayloadCodec(kafka, PayloadCodec.needsMapper(kafka) ? mapper(json) : JsonMapper.shared());
    }

    private static JsonMapper mapper(ObjectProvider<JsonMapper> hosts) {
        try {
            return hosts.getIfAvailable(JsonMapper::shared);
        } catch (NoUniqueBeanDefinitionException e) {
            throw new AmbiguousMapperException(Objects.requireNonNullElse(e.getBeanNamesFound(), List.of()));
        }
    }

    private static long maxRequestSize(KafkaConnection kafka) {
        Object configured = kafka.producer().get("max.request.size");
        return configured == null ? KAFKA_MAX_REQUEST_SIZE : Long.parseLong(configured.toString());
    }
}
