package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.Recorder;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.Id;
import jakarta.persistence.Version;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Many messages that change one hot row, which each of them expects to find as it has read it. */
class ConflictIT {

    private static final int MESSAGES = 300;

    private final String topic = "conflict-" + UUID.randomUUID();
    private ConfigurableApplicationContext app;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @EntityScan(basePackageClasses = ConflictIT.class)
    static class Host {

        @Bean
        Recorder recorder() {
            return new Recorder();
        }

        @Bean
        Effects effects(JdbcTemplate sql, EntityManager entities) {
            sql.execute("create table hot (id int primary key, counter int not null, version bigint not null)");
            sql.execute("insert into hot values (1, 0, 0), (2, 0, 0)");
            return new Effects(sql, entities);
        }
    }

    @Entity(name = "hot")
    static class Hot {
        @Id
        int id;

        int counter;

        @Version
        long version;
    }

    record Effects(JdbcTemplate sql, EntityManager entities) {

        @ReliableListener(id = "jpa", topics = "${test.topic}", groupId = "jpa")
        void jpa(String value) {
            entities.find(Hot.class, 1).counter++;
        }

        @ReliableListener(id = "jdbc", topics = "${test.topic}", groupId = "jdbc")
        void jdbc(String value) {
            Map<String, Object> read = sql.queryForMap("select counter, version from hot where id = 2");
            int updated = sql.update(
                    "update hot set counter = ? + 1, version = version + 1 where id = 2 and version = ?",
                    read.get("counter"),
                    read.get("version"));
            if (updated == 0) {
                throw new OptimisticLockingFailureException("somebody else was faster");
            }
        }
    }

    @AfterEach
    void stop() {
        app.close();
    }

    @Test
    void messagesThatMeetAtOneRowAreAllHandled() {
        app = HostApplication.onSharedServers(Host.class)
                .with(
                        "test.topic=" + topic,
                        "spring.datasource.hikari.maximum-pool-size=20",
                        "reliable-messaging.topics." + topic + ".partitions=3",
                        "reliable-messaging.listener.concurrency=16",
                        "reliable-messaging.listener.max-attempts=3",
                        "reliable-messaging.listener.backoff.initial-delay=20ms")
                .run();
        MessagePublisher publisher = app.getBean(MessagePublisher.class);
        app.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            for (int i = 0; i < MESSAGES; i++) {
                publisher.publish(topic, "k" + i, "m" + i);
            }
        });
        await().atMost(Duration.ofMinutes(3))
                .until(() -> recorder().handled.size() + recorder().dead.size() == 2 * MESSAGES);
        assertThat(recorder().dead).isEmpty();
        assertThat(counter(1)).isEqualTo(MESSAGES);
        assertThat(counter(2)).isEqualTo(MESSAGES);
    }

    private int counter(int id) {
        return app.getBean(JdbcTemplate.class)
                .queryForObject("select counter from hot where id = ?", Integer.class, id);
    }

    private Recorder recorder() {
        return app.getBean(Recorder.class);
    }
}
