package io.reliablemessaging.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.outbox.OutboxReader.Heads;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.WireMessage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A payload that is left out holds up its lane behind it, and no other. */
class LargeValuesTests {

    private static final byte[] SMALL = {1};
    private static final byte[] LARGE = {2, 2, 2};

    private final Connection connection = mock(Connection.class);
    private final PreparedStatement load = mock(PreparedStatement.class);
    private LargeValues values;

    @BeforeEach
    void prepare() throws SQLException {
        when(connection.prepareStatement(anyString())).thenReturn(load);
        values = new LargeValues(connection, new Schema("shop"));
    }

    @Test
    void rowsWithoutMarksAreLeftAsTheyAre() throws SQLException {
        List<OutboxRecord> rows = List.of(row(0, 1, SMALL), row(0, 2, null));
        Heads heads = values.complete(rows, 1000);
        assertThat(heads.rows()).isEqualTo(rows);
        assertThat(heads.cut()).isEmpty();
        verify(load, never()).execute();
    }

    @Test
    void payloadsTakeThePlaceOfTheirMarks() throws SQLException {
        found(Map.of(2L, LARGE));
        Heads heads = values.complete(List.of(row(0, 1, SMALL), marked(0, 2), row(0, 3, SMALL)), 1000);
        assertThat(heads.rows()).extracting(OutboxRecord::id).containsExactly(1L, 2L, 3L);
        OutboxRecord large = heads.rows().get(1);
        assertThat(large.message().value()).isEqualTo(LARGE);
        assertThat(large.size()).isEqualTo(large.message().size());
        assertThat(heads.cut()).isEmpty();
    }

    @Test
    void behindAPayloadThatIsNotThereNothingOfItsLaneIsRead() throws SQLException {
        found(Map.of(4L, LARGE));
        Heads heads = values.complete(
                List.of(row(0, 1, SMALL), marked(0, 2), row(0, 3, SMALL), marked(0, 4), row(1, 5, SMALL)), 1000);
        assertThat(heads.rows()).extracting(OutboxRecord::id).containsExactly(1L, 5L);
        assertThat(heads.cut()).containsExactly(0);
    }

    @Test
    void aPayloadIsLeftOutFromTwiceItsShareOn() {
        assertThat(LargeValues.limit(1_000_000, 100)).isEqualTo(20_000);
        assertThat(LargeValues.limit(1_000, 100))
                .as("small ones are always read along")
                .isEqualTo(2048);
        assertThat(LargeValues.limit(0, 0)).isEqualTo(2048);
        assertThat(LargeValues.limit(Long.MAX_VALUE / 2, 1)).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void eachConnectionHasAMarkOfItsOwn() throws SQLException {
        assertThat(new LargeValues(connection, new Schema("shop")).mark()).isNotEqualTo(values.mark());
    }

    private void found(Map<Long, byte[]> payloads) throws SQLException {
        Deque<Long> ids = new ArrayDeque<>(payloads.keySet());
        ResultSet rows = mock(ResultSet.class);
        when(load.getResultSet()).thenReturn(rows);
        long[] at = new long[1];
        when(rows.next()).thenAnswer(call -> {
            Long next = ids.poll();
            at[0] = next == null ? 0 : next;
            return next != null;
        });
        when(rows.getLong(2)).thenAnswer(call -> at[0]);
        when(rows.getBytes(3)).thenAnswer(call -> payloads.get(at[0]));
    }

    private OutboxRecord marked(int lane, long id) {
        return row(lane, id, values.mark().clone());
    }

    private static OutboxRecord row(int lane, long id, byte[] value) {
        return new OutboxRecord(
                lane,
                id,
                new WireMessage(new MessageId(new UUID(0, id)), "orders", null, null, value, new RecordHeaders()),
                0);
    }
}
