package io.reliablemessaging.test;

import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * Connects an application to a real PostgreSQL and a real Kafka broker: one server of each per JVM, and one new database per application
 * context. Import it, or name it in {@code SpringApplication.from(...).with(EmbeddedInfrastructure.class)}. Boot's own connection
 * properties are ignored then.
 *
 * <p>The property {@code reliable-messaging.test.infrastructure} selects the servers: {@code embedded} (child processes),
 * {@code containers} (Testcontainers), or {@code auto}, the default: containers if Testcontainers is on the class path and a Docker
 * engine answers, else embedded. Any other value causes an {@link IllegalArgumentException}; servers that do not start cause an
 * {@link IllegalStateException}.
 */
@Configuration(proxyBeanMethods = false)
public class EmbeddedInfrastructure {

    @Bean
    JdbcConnectionDetails reliableMessagingTestDatabase(Environment environment) {
        return Infrastructure.chosenIn(environment).newDatabase();
    }

    @Bean
    KafkaConnectionDetails reliableMessagingTestKafka(Environment environment) {
        return Infrastructure.chosenIn(environment).kafka();
    }
}
