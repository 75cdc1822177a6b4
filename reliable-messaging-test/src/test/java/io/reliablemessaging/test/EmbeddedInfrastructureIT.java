package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class EmbeddedInfrastructureIT {

    private final ApplicationContextRunner contexts = new ApplicationContextRunner()
            .withUserConfiguration(EmbeddedInfrastructure.class)
            .withPropertyValues("reliable-messaging.test.infrastructure=embedded");

    @Test
    void givesEachContextItsOwnDatabaseOnTheSameServers() {
        contexts.run(first -> contexts.run(second -> {
            var one = first.getBean(JdbcConnectionDetails.class);
            var other = second.getBean(JdbcConnectionDetails.class);
            assertThat(one.getJdbcUrl()).isNotEqualTo(other.getJdbcUrl());
            assertThat(server(one)).isEqualTo(server(other));
            assertThat(first.getBean(KafkaConnectionDetails.class).getBootstrapServers())
                    .isEqualTo(second.getBean(KafkaConnectionDetails.class).getBootstrapServers());
        }));
    }

    @Test
    void usesTheSharedServers() {
        contexts.run(context -> {
            assertThat(server(context.getBean(JdbcConnectionDetails.class)))
                    .isEqualTo(SharedServers.postgres().jdbcUrl(""));
            assertThat(context.getBean(KafkaConnectionDetails.class).getBootstrapServers())
                    .containsExactly(SharedServers.kafka().bootstrapServers());
        });
    }

    private static String server(JdbcConnectionDetails details) {
        String url = details.getJdbcUrl();
        return url.substring(0, url.lastIndexOf('/') + 1);
    }
}
