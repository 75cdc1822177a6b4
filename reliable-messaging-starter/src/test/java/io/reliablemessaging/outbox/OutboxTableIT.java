package io.reliablemessaging.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.ReliableMessagingTest;
import io.reliablemessaging.wire.WireMessage;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;

/** After a fail-over, an id can be another message's: a row is named by its message, too. */
@SpringBootTest(
        classes = OutboxTableIT.Host.class,
        properties = {"spring.application.name=outbox-table-test", "reliable-messaging.relay.enabled=false"})
@ReliableMessagingTest
class OutboxTableIT {

    private static final int LANE = 3;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {}

    @Autowired
    JdbcTemplate sql;

    @Autowired
    DataSource dataSource;

    @Autowired
    Schema schema;

    @BeforeEach
    void noRows() {
        sql.update("delete from reliable_messaging.outbox_message");
        sql.update("delete from reliable_messaging.outbox_published");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anAcknowledgedMessageThatIsGoneTakesNoOtherMessageOfItsIdAlong(boolean keep) {
        OutboxTable table = new OutboxTable(new AutoCommitDataSource(dataSource), schema, keep);
        OutboxRecord lost = row(7, UUID.randomUUID());
        OutboxRecord another = row(7, UUID.randomUUID());
        OutboxRecord acknowledged = row(8, UUID.randomUUID());
        insert(another);
        insert(acknowledged);

        table.delete(List.of(sent(lost), sent(acknowledged)));
        assertThat(messages("outbox_message"))
                .containsExactly(another.message().id().value());
        assertThat(messages("outbox_published"))
                .hasSize(keep ? 1 : 0)
                .doesNotContain(another.message().id().value());

        table.delete(List.of(sent(another)));
        assertThat(messages("outbox_message")).isEmpty();
        assertThat(messages("outbox_published")).hasSize(keep ? 2 : 0);
    }

    /** A place is a hint: vacuum full moves rows, and what a row has left another one may have. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRowIsDeletedWhereverItIsAndNoneThatHasItsPlace(boolean keep) {
        OutboxTable table = new OutboxTable(new AutoCommitDataSource(dataSource), schema, keep);
        OutboxRecord inPlace = row(7, UUID.randomUUID());
        OutboxRecord moved = row(8, UUID.randomUUID());
        OutboxRecord another = row(9, UUID.randomUUID());
        OutboxRecord sameMessage = row(10, moved.message().id().value());
        List.of(inPlace, moved, another, sameMessage).forEach(this::insert);

        table.delete(List.of(sent(inPlace.withPlace(place(inPlace))), sent(moved.withPlace(place(another)))));
        assertThat(messages("outbox_message"))
                .containsExactlyInAnyOrder(
                        another.message().id().value(),
                        sameMessage.message().id().value());
        table.delete(List.of(sent(moved.withPlace(place(sameMessage)))));
        assertThat(messages("outbox_message")).hasSize(2);
        assertThat(messages("outbox_published")).hasSize(keep ? 2 : 0);
    }

    private String place(OutboxRecord row) {
        return sql.queryForObject(
                "select ctid from reliable_messaging.outbox_message where id = ?", String.class, row.id());
    }

    /** Between the reading of heads and that of a large payload, a pooler may change the server. */
    @Test
    void aPayloadOfAnotherMessageIsNotTakenForThatOfTheOneThatWasRead() throws Exception {
        UUID stored = UUID.randomUUID();
        insert(row(7, stored));
        try (Connection connection = dataSource.getConnection()) {
            LargeValues large = new LargeValues(connection, schema);
            assertThat(large.complete(List.of(with(large.mark(), row(7, UUID.randomUUID()))), 1000))
                    .satisfies(read -> assertThat(read.rows()).isEmpty())
                    .satisfies(read -> assertThat(read.cut()).containsExactly(LANE));
            assertThat(large.complete(List.of(with(large.mark(), row(7, stored))), 1000)
                            .rows())
                    .hasSize(1);
        }
    }

    private void insert(OutboxRecord row) {
        sql.update(
                "insert into reliable_messaging.outbox_message (lane, id, message_id, topic, value, headers)"
                        + " overriding system value values (?, ?, ?, 'orders', 'v', '\\x0000')",
                row.lane(),
                row.id(),
                row.message().id().value());
    }

    private List<UUID> messages(String table) {
        return sql.queryForList("select message_id from reliable_messaging." + table, UUID.class);
    }

    private static SentRecord sent(OutboxRecord row) {
        return new SentRecord(
                row, new Confirmation(row.message().id(), "orders", 0, row.id(), Instant.EPOCH), Duration.ZERO);
    }

    private static OutboxRecord row(long id, UUID message) {
        return new OutboxRecord(
                LANE,
                id,
                new WireMessage(new MessageId(message), "orders", null, null, new byte[0], new RecordHeaders()),
                0);
    }

    private static OutboxRecord with(byte[] value, OutboxRecord row) {
        return new OutboxRecord(
                row.lane(),
                row.id(),
                new WireMessage(row.message().id(), "orders", null, null, value, new RecordHeaders()),
                0);
    }
}
