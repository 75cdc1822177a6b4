package io.reliablemessaging.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutboxBacklogException;
import io.reliablemessaging.outbox.OutboxBacklog;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Messages that nobody sends are noticed, and more of them refused only where that was asked for. */
class BacklogGuardIT {

    private static final String LIMIT = "reliable-messaging.outbox.max-backlog-age=1s";
    private static final String REJECT = "reliable-messaging.outbox.reject-when-backlogged=true";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {}

    @Test
    void refusesToPublishWhileTheOldestMessageIsTooOld() {
        try (ConfigurableApplicationContext instance = start(LIMIT, REJECT)) {
            BacklogGuard guard = instance.getBean(BacklogGuard.class);
            publish(instance);
            await().until(guard::isExceeded);
            assertThatThrownBy(() -> publish(instance))
                    .isInstanceOf(OutboxBacklogException.class)
                    .hasMessageContaining("topic orders")
                    .hasMessageContaining("more than 1 s");
            assertThat(rows(instance)).isEqualTo(1);
            appendDeadLetter(instance);
            assertThat(rows(instance)).isEqualTo(2);
            instance.getBean(JdbcTemplate.class).update("delete from reliable_messaging.outbox_message");
            await().until(() -> !guard.isExceeded());
            publish(instance);
            assertThat(rows(instance)).isEqualTo(1);
        }
    }

    @Test
    void onlySaysSoUnlessItIsToRefuse() {
        try (ConfigurableApplicationContext instance = start(LIMIT)) {
            publish(instance);
            await().until(instance.getBean(BacklogGuard.class)::isExceeded);
            publish(instance);
            assertThat(rows(instance)).isEqualTo(2);
        }
    }

    @Test
    void countsAndAgesWhatWaitsInEachLane() {
        try (ConfigurableApplicationContext instance = start()) {
            JdbcTemplate sql = instance.getBean(JdbcTemplate.class);
            sql.update("insert into reliable_messaging.outbox_message (lane, message_id, topic, headers, created_at)"
                    + " select 3, gen_random_uuid(), 'orders', '\\x0000', clock_timestamp() - interval '1 hour'"
                    + "   from generate_series(1, 1200)");
            sql.update("insert into reliable_messaging.outbox_message (lane, message_id, topic, headers)"
                    + " values (5, gen_random_uuid(), 'orders', '\\x0000')");
            OutboxBacklog backlog = instance.getBean(OutboxBacklog.class);
            assertThat(backlog.oldestAge()).isBetween(Duration.ofMinutes(60), Duration.ofMinutes(70));
            assertThat(backlog.lanes())
                    .hasSize(32)
                    .extracting(OutboxBacklog.Lane::messages)
                    .startsWith(0, 0, 0, OutboxBacklog.MOST, 0, 1);
            assertThat(backlog.lanes().get(3).oldest()).isGreaterThanOrEqualTo(Duration.ofMinutes(60));
            assertThat(instance.getBeanProvider(BacklogGuard.class).getIfAvailable())
                    .as("off by default")
                    .isNull();
        }
    }

    private static ConfigurableApplicationContext start(String... properties) {
        return HostApplication.onSharedServers(Host.class)
                .with("reliable-messaging.relay.enabled=false", "spring.jmx.enabled=false")
                .with(properties)
                .run();
    }

    private static void publish(ConfigurableApplicationContext instance) {
        instance.getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> instance.getBean(MessagePublisher.class).publish("orders", "k", "v"));
    }

    /** As a listener does: what cannot be handled is not to be held up by what cannot be sent. */
    private static void appendDeadLetter(ConfigurableApplicationContext instance) {
        WireMessage dead =
                new WireMessage(new MessageId(UUID.randomUUID()), "orders.dlt", null, null, null, new RecordHeaders());
        instance.getBean(TransactionTemplate.class)
                .executeWithoutResult(status -> instance.getBean(Outbox.class).append(dead));
    }

    private static int rows(ConfigurableApplicationContext instance) {
        return instance.getBean(JdbcTemplate.class)
                .queryForObject("select count(*) from reliable_messaging.outbox_message", Integer.class);
    }
}
