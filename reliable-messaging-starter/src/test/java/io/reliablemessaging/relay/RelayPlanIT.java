package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The outbox is empty when its statements are planned, and vacuum says so in the statistics: a plan for that would walk over
 * all of a backlog, again and again.
 */
class RelayPlanIT {

    private static final int BACKLOG = 2_000;

    private static final String SEQUENTIAL_SCANS =
            "select seq_scan from pg_stat_user_tables where relname = 'outbox_message'";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Recorder recorder() {
            return new Recorder();
        }
    }

    private final String database = HostApplication.newDatabase();
    private final JdbcTemplate outside = new JdbcTemplate(new DriverManagerDataSource(
            SharedServers.postgres().jdbcUrl(database),
            SharedServers.postgres().username(),
            SharedServers.postgres().password()));
    private final KafkaTopic topic =
            KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "plan-" + UUID.randomUUID(), 1);

    @Test
    void neverReadsTheWholeTable() {
        host().close();
        outside.execute("vacuum reliable_messaging.outbox_message");
        long before = scansOnceAllHaveLeft();

        try (ConfigurableApplicationContext host = host()) {
            Recorder recorder = host.getBean(Recorder.class);
            for (int sent = 0; sent < 30; sent++) { // more than it takes driver and server to keep a plan
                publish(host, 1);
                int wanted = sent + 1;
                await().until(() -> recorder.sent.size() == wanted);
            }
            publish(host, BACKLOG);
            await().atMost(Duration.ofSeconds(60)).until(() -> recorder.sent.size() == 30 + BACKLOG);
        }
        assertThat(scansOnceAllHaveLeft()).isEqualTo(before);
    }

    private ConfigurableApplicationContext host() {
        return HostApplication.onSharedServers(Host.class)
                .on(SharedServers.postgres(), database)
                .run();
    }

    private void publish(ConfigurableApplicationContext host, int count) {
        MessagePublisher publisher = host.getBean(MessagePublisher.class);
        host.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            for (int i = 0; i < count; i++) {
                publisher.publish(topic.name(), "key-" + i, "text");
            }
        });
    }

    /** A session hands in its counts at the latest when it ends. */
    private long scansOnceAllHaveLeft() {
        await().until(() -> outside.queryForObject(
                        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
                        Integer.class)
                == 0);
        Long scans = outside.queryForObject(SEQUENTIAL_SCANS, Long.class);
        return scans == null ? 0 : scans;
    }
}
