package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** The same promises from containers; skipped, visibly, where no Docker engine answers. */
@EnabledIf("dockerAnswers")
class ContainerServersIT {

    private final ApplicationContextRunner contexts = new ApplicationContextRunner()
            .withUserConfiguration(EmbeddedInfrastructure.class)
            .withPropertyValues("reliable-messaging.test.infrastructure=containers");

    static boolean dockerAnswers() {
        return DockerEngine.answers();
    }

    @Test
    void givesEachContextItsOwnDatabaseOnADurablePostgres18() {
        contexts.run(first -> contexts.run(second -> {
            var one = first.getBean(JdbcConnectionDetails.class);
            var other = second.getBean(JdbcConnectionDetails.class);
            assertThat(one.getJdbcUrl()).isNotEqualTo(other.getJdbcUrl());
            assertThat(shown(one, "server_version")).startsWith("18");
            assertThat(shown(other, "fsync")).isEqualTo("on");
            assertThat(shown(other, "max_connections")).isEqualTo("400");
        }));
    }

    @Test
    void connectsToAWorkingBroker() {
        contexts.run(context -> {
            var servers = context.getBean(KafkaConnectionDetails.class).getBootstrapServers();
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
                admin.createTopics(List.of(new NewTopic("container-servers-it", 1, (short) 1)))
                        .all()
                        .get(60, TimeUnit.SECONDS);
                assertThat(admin.listTopics().names().get(60, TimeUnit.SECONDS)).contains("container-servers-it");
            }
        });
    }

    private static String shown(JdbcConnectionDetails details, String setting) {
        var database = new DriverManagerDataSource(details.getJdbcUrl(), details.getUsername(), details.getPassword());
        return JdbcClient.create(database)
                .sql("SELECT current_setting(?)")
                .param(setting)
                .query(String.class)
                .single();
    }
}
