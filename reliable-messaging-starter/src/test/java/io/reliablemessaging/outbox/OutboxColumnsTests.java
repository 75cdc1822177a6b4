package io.reliablemessaging.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.WireMessage;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** Each message is in the same place of each column, and what it does not have stays null. */
class OutboxColumnsTests {

    @Test
    void messagesAreTakenApartByColumn() throws Exception {
        RecordHeaders headers = new RecordHeaders();
        headers.add("trace", new byte[] {7});
        WireMessage full = new WireMessage(id(1), "orders", 3, new byte[] {1}, new byte[] {2}, headers);
        WireMessage bare = new WireMessage(id(2), "payments", null, null, null, new RecordHeaders());

        Map<Integer, Object[]> bound = bind(List.of(full, bare), 5);

        assertThat(bound).containsOnlyKeys(5, 6, 7, 8, 9, 10, 11);
        assertThat(bound.get(5)).containsExactly(10, 20);
        assertThat(bound.get(6)).containsExactly(id(1).value(), id(2).value());
        assertThat(bound.get(7)).containsExactly("orders", "payments");
        assertThat(bound.get(8)).containsExactly(3, null);
        assertThat(bound.get(9)).containsExactly(new byte[] {1}, null);
        assertThat(bound.get(10)).containsExactly(new byte[] {2}, null);
        assertThat(HeaderBytes.decode((byte[]) bound.get(11)[0])).isEqualTo(headers);
        assertThat(HeaderBytes.decode((byte[]) bound.get(11)[1])).isEmpty();
    }

    /** What was bound, by parameter. */
    private static Map<Integer, Object[]> bind(List<WireMessage> messages, int first) throws Exception {
        Map<Integer, Object[]> bound = new HashMap<>();
        Connection connection = mock(Connection.class);
        when(connection.createArrayOf(any(), any())).thenAnswer(call -> {
            Object[] elements = (Object[]) call.getRawArguments()[1];
            Array array = mock(Array.class);
            when(array.getArray()).thenReturn(elements);
            return array;
        });
        PreparedStatement statement = mock(PreparedStatement.class);
        when(statement.getConnection()).thenReturn(connection);
        doAnswer(call -> bound.put(call.getArgument(0), (Object[])
                        call.<Array>getArgument(1).getArray()))
                .when(statement)
                .setArray(anyInt(), any());
        new OutboxColumns(messages, message -> (int) message.id().value().getLeastSignificantBits() * 10)
                .bind(statement, first);
        return bound;
    }

    private static MessageId id(long number) {
        return new MessageId(new UUID(0, number));
    }
}
