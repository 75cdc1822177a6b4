package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/** Parked messages as other releases have written them: those of earlier ones are handled, one of a newer one is kept. */
class StoredFormatIT {

    // h: v, and n without a value, as the first release has stored them
    private static final String FIRST_RELEASE = "\\x0002" + "000168" + "0000000176" + "00016e" + "ffffffff";
    private static final String NEWER_RELEASE = "\\xffff0200000000";

    private final ListenerInstances app = new ListenerInstances();
    private JdbcTemplate sql;

    @BeforeEach
    void start() {
        app.start();
        sql = app.sql();
    }

    @AfterEach
    void close() {
        app.close();
    }

    @Test
    void rowsOfTheFirstReleaseAreHandledWithTheirHeaders() {
        CopyOnWriteArrayList<Object> headers = new CopyOnWriteArrayList<>();
        app.behaving(message -> headers.add(message.headers()));
        park("k", "first", FIRST_RELEASE);
        park("k", "second", "\\x0000");
        app.awaitEffects(2);
        assertThat(app.effects()).containsExactly("first", "second");
        assertThat(headers.get(0)).isEqualTo(Map.of("h", "v"));
    }

    @Test
    void aRowOfANewerReleaseIsADeadLetterByItselfAndIsHandledOnceItCanBeRead() {
        park("newer", "of a newer release", NEWER_RELEASE);
        park("k", "flows", FIRST_RELEASE);
        app.awaitEffects(1);
        assertThat(app.effects()).containsExactly("flows");
        await().until(() -> app.parked("DEAD").size() == 1);
        DeadLetters letters = app.running.get(0).getBean(DeadLetters.class);
        DeadLetter dead = letters.find(DeadLetterQuery.dead()).get(0);
        assertThat(dead.errorMessage()).contains("headers that cannot be read");
        assertThat(letters.get(dead.id()).orElseThrow().headers().get("(unreadable)"))
                .contains("are in format 2")
                .contains("Upgrade this instance");
        assertThat(letters.get(dead.id()).orElseThrow().payload())
                .asString(UTF_8)
                .isEqualTo("of a newer release");

        // as it is after an upgrade, which can read it
        sql.update(
                "update reliable_messaging.parked_message set headers = ?::bytea where id = ?",
                FIRST_RELEASE,
                dead.id());
        letters.redrive(dead.id(), "olive");
        app.awaitEffects(2);
        assertThat(app.effects()).containsExactly("flows", "of a newer release");
    }

    private void park(String key, String value, String headers) {
        UUID id = UUID.randomUUID();
        sql.update(
                "insert into reliable_messaging.inbox_message (consumer_group, topic, message_id) values ('tested', ?, ?)",
                app.topic,
                id);
        sql.update(
                "insert into reliable_messaging.parked_message (consumer_group, topic, message_id, source_partition,"
                        + " source_offset, queue, key, value, headers, state, attempts)"
                        + " values ('tested', ?, ?, 0, 0, md5(?)::uuid, ?, ?, ?::bytea, 'WAITING', 0)",
                app.topic,
                id,
                key.getBytes(UTF_8),
                key.getBytes(UTF_8),
                value.getBytes(UTF_8),
                headers);
        sql.update(
                "insert into reliable_messaging.parked_key (consumer_group, topic, queue, next_attempt_at)"
                        + " select consumer_group, topic, queue, clock_timestamp() from reliable_messaging.parked_message"
                        + " where message_id = ? on conflict do nothing",
                id);
    }
}
