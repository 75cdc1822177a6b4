package io.reliablemessaging.deadletter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.reliablemessaging.retry.SpentAttempts;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.QueueId;
import io.reliablemessaging.wire.ReceivedMessage;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A row that cannot be read is claimed like any other, and says so only when its message is asked for. */
class KeyClaimTests {

    private static final UUID QUEUE = new UUID(1, 1);
    private static final UUID MESSAGE = new UUID(2, 2);

    private final ResultSet row = mock(ResultSet.class);

    @BeforeEach
    void aRow() throws SQLException {
        when(row.getString("consumer_group")).thenReturn("shipping");
        when(row.getString("topic")).thenReturn("orders");
        when(row.getObject("queue", UUID.class)).thenReturn(QUEUE);
        when(row.getObject("message_id", UUID.class)).thenReturn(MESSAGE);
        when(row.getLong("id")).thenReturn(7L);
        when(row.getInt("source_partition")).thenReturn(3);
        when(row.getLong("source_offset")).thenReturn(4711L);
        when(row.getBytes("key")).thenReturn(new byte[] {1});
        when(row.getBytes("value")).thenReturn(new byte[] {2});
        when(row.getBytes("headers")).thenReturn(HeaderBytes.encode(new RecordHeaders().add("trace", new byte[] {9})));
        when(row.getInt("attempts")).thenReturn(2);
        when(row.getInt("uncounted")).thenReturn(1);
        when(row.getLong("claim")).thenReturn(12L);
        when(row.getInt("unanswered")).thenReturn(5);
    }

    @Test
    void itHoldsTheMessageAsItIsStored() throws SQLException {
        when(row.getObject("published_at", OffsetDateTime.class))
                .thenReturn(OffsetDateTime.parse("2026-01-01T00:00:00Z"));
        KeyClaim keyClaim = new KeyClaim(row);
        ReceivedMessage message = keyClaim.message();
        assertThat(message.group()).isEqualTo("shipping");
        assertThat(message.message().topic()).isEqualTo("orders");
        assertThat(message.message().id().value()).isEqualTo(MESSAGE);
        assertThat(message.message().key()).containsExactly(1);
        assertThat(message.message().value()).containsExactly(2);
        assertThat(message.message().headers().lastHeader("trace").value()).containsExactly(9);
        assertThat(message.partition()).isEqualTo(3);
        assertThat(message.offset()).isEqualTo(4711);
        assertThat(message.publishedAt()).isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
        assertThat(message.queue()).as("as stored, not by its key").isEqualTo(new QueueId(QUEUE));
        assertThat(keyClaim.spent()).isEqualTo(new SpentAttempts(2, 1));
        assertThat(keyClaim.number()).isEqualTo(12);
        assertThat(keyClaim.unanswered()).isEqualTo(5);
    }

    @Test
    void headersThatCannotBeReadFailTheMessageAndNotItsReports() throws SQLException {
        when(row.getBytes("headers")).thenReturn(new byte[] {99, 99, 99});
        KeyClaim keyClaim = new KeyClaim(row);
        assertThatThrownBy(keyClaim::message)
                .isInstanceOf(UnreadableRowException.class)
                .hasMessageContaining("Row 7 of table parked_message");
        ReceivedMessage readable = keyClaim.readableMessage();
        assertThat(readable.message().headers()).isEmpty();
        assertThat(readable.message().value()).containsExactly(2);
    }

    @Test
    void aRowWithoutATimeIsVeryOld() throws SQLException {
        assertThat(new KeyClaim(row).message().publishedAt()).isEqualTo(Instant.EPOCH);
    }
}
