package io.reliablemessaging.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.intake.LaneFloorsIT;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.outbox.SentRecord;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.test.ReliableMessagingTest;
import io.reliablemessaging.wire.WireMessage;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.jdbc.core.JdbcTemplate;

/** What the broker has acknowledged is deleted, whatever happens to the thread that does it. */
@SpringBootTest(
        classes = LaneFloorsIT.Host.class, // and its context
        properties = {"spring.application.name=floors-test", "reliable-messaging.relay.enabled=false"})
@ReliableMessagingTest
class CompletionsIT {

    @Autowired
    OutboxTable table;

    @Autowired
    DataSource dataSource;

    @Autowired
    JdbcTemplate sql;

    private final Recorder recorder = new Recorder();

    @BeforeEach
    void emptyOutbox() {
        sql.update("delete from reliable_messaging.outbox_message");
    }

    /** The delete is on its way to a server that is gone; its answer is about rows that are forgotten. */
    @Test
    void rowsThatAreForgottenAmidTheirDeleteAreNotSettled() throws Exception {
        Completions completions = new Completions(table, recorder, () -> {}, Infrastructure.unwatched());
        CompletableFuture<Void> ended = CompletableFuture.runAsync(completions, Threads.NEW);
        OutboxRecord forgotten = insert(1);
        OutboxRecord next = insert(2);
        try (Connection holder = dataSource.getConnection();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("select from reliable_messaging.outbox_message where id = 1 for update");
            completions.acknowledged(forgotten, confirmation(forgotten));
            await().until(() -> sql.queryForObject(
                            "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                                    + " and datname = current_database()",
                            Integer.class)
                    == 1);
            assertThat(completions.unsettled()).containsExactly(forgotten);
            completions.forgetAll();
            assertThat(completions.unsettled()).isEmpty();
            completions.acknowledged(next, confirmation(next));
            holder.rollback();
        }
        await().until(() -> recorder.sent.size() == 1);
        assertThat(recorder.sent.get(0).id()).isEqualTo(next.message().id());
        assertThat(completions.takeSettled()).extracting(SentRecord::row).containsExactly(next);
        completions.stop();
        ended.join();
    }

    @Test
    void anErrorOrAnInterruptDoesNotEndIt() {
        AtomicInteger calls = new AtomicInteger();
        MessagingObserver foul = new MessagingObserver() {
            @Override
            public void sent(Confirmation confirmation, Duration waited) {
                int call = calls.getAndIncrement();
                if (call == 0) {
                    throw new NoClassDefFoundError("com/example/Metrics");
                }
                if (call == 1) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        Completions completions = new Completions(table, foul, () -> {}, Infrastructure.unwatched());
        CompletableFuture<Void> ended = CompletableFuture.runAsync(completions, Threads.NEW);
        for (int id = 1; id <= 3; id++) {
            OutboxRecord row = insert(id);
            int expected = id;
            completions.acknowledged(row, confirmation(row));
            await().until(() -> calls.get() == expected);
        }
        assertThat(sql.queryForList("select id from reliable_messaging.outbox_message"))
                .isEmpty();
        assertThat(ended).isNotDone();
        completions.stop();
        ended.join();
    }

    private OutboxRecord insert(long id) {
        UUID message = UUID.randomUUID();
        sql.update(
                "insert into reliable_messaging.outbox_message (lane, id, message_id, topic, value, headers)"
                        + " overriding system value values (4, ?, ?, 'orders', 'v', '\\x0000')",
                id,
                message);
        return new OutboxRecord(
                4,
                id,
                new WireMessage(new MessageId(message), "orders", null, null, new byte[0], new RecordHeaders()),
                0);
    }

    private static Confirmation confirmation(OutboxRecord row) {
        return new Confirmation(row.message().id(), "orders", 0, row.id(), Instant.EPOCH);
    }
}
