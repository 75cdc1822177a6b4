package io.reliablemessaging.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.publish.BacklogGuard;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.support.NoPreflight;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.core.JdbcTemplate;

/** Questions about the outbox end when they take too long, and what was known stays known. */
class OutboxBacklogIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {}

    @Test
    void eachQuestionEndsAndTheGuardKeepsWhatItKnew() throws Exception {
        try (LogCapture log = LogCapture.start();
                ConfigurableApplicationContext host = HostApplication.onSharedServers(Host.class)
                        .with(
                                "reliable-messaging.relay.enabled=false",
                                "reliable-messaging.relay.lease=1s",
                                "reliable-messaging.outbox.max-backlog-age=1s")
                        .run();
                Connection other = host.getBean(DataSource.class).getConnection()) {
            host.getBean(JdbcTemplate.class)
                    .update("insert into reliable_messaging.outbox_message (lane, message_id, topic, headers)"
                            + " values (5, gen_random_uuid(), 'orders', '\\x0000')");
            BacklogGuard guard = host.getBean(BacklogGuard.class);
            await().until(guard::isExceeded);
            other.setAutoCommit(false);
            try (Statement statement = other.createStatement()) {
                statement.execute("lock table reliable_messaging.outbox_message, reliable_messaging.outbox_delayed"
                        + " in access exclusive mode");
            }
            OutboxBacklog backlog = host.getBean(OutboxBacklog.class);
            for (Supplier<?> question :
                    List.<Supplier<?>>of(backlog::oldestAge, backlog::lanes, backlog::heads, backlog::countDelayed)) {
                assertThatThrownBy(question::get).isInstanceOf(QueryTimeoutException.class);
            }
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> !log.ours("The age of the oldest message in the outbox cannot be read")
                            .isEmpty());
            assertThat(guard.isExceeded()).isTrue();
            other.rollback();
            other.setAutoCommit(true);
            assertThat(backlog.heads()).hasSize(1);
        }
    }
}
