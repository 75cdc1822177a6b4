package io.reliablemessaging.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Whatever is in a row, reading it fails for no other row. */
class OutboxRowTests {

    private static final byte[] NO_HEADERS = {0, 0};

    @Test
    void aMessageIsReadAsItIs() throws SQLException {
        OutboxRecord row = OutboxRow.read(row("orders".getBytes(StandardCharsets.UTF_8), 3, NO_HEADERS, 1.5));
        assertThat(row.unreadable()).isNull();
        assertThat(row.lane()).isEqualTo(7);
        assertThat(row.id()).isEqualTo(42);
        assertThat(row.message().topic()).isEqualTo("orders");
        assertThat(row.message().partition()).isEqualTo(3);
        assertThat(row.message().value()).isNull();
        assertThat(row.waited()).isPositive();
    }

    /** A database in SQL_ASCII does not check what it stores. */
    @Test
    void aTopicThatIsNoTextIsNoTopic() throws SQLException {
        OutboxRecord row = OutboxRow.read(row(new byte[] {(byte) 0xff, 'o'}, null, NO_HEADERS, 0));
        assertThat(row.unreadable()).hasMessageContaining("is not a topic name");
    }

    @Test
    void aNegativePartitionIsNone() throws SQLException {
        OutboxRecord row = OutboxRow.read(row("orders".getBytes(StandardCharsets.UTF_8), -1, NO_HEADERS, 0));
        assertThat(row.unreadable()).hasMessageContaining("Partition -1 of topic orders");
    }

    @Test
    void headersAreToldFirst() throws SQLException {
        OutboxRecord row = OutboxRow.read(row(new byte[0], -1, new byte[] {1}, 0));
        assertThat(row.unreadable()).hasMessageContaining("Stored headers cannot be read");
    }

    @Test
    void noAgeIsTooGreat() throws SQLException {
        byte[] topic = "orders".getBytes(StandardCharsets.UTF_8);
        for (double age : new double[] {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN, 1e300}) {
            OutboxRecord row = OutboxRow.read(row(topic, null, NO_HEADERS, age));
            assertThat(row.unreadable()).isNull();
            assertThat(row.waited().isNegative()).isFalse();
        }
    }

    private static ResultSet row(byte[] topic, Integer partition, byte[] headers, double age) {
        Object[] columns = {
            null, 7, 42L, new UUID(0, 1), topic, partition, "k".getBytes(StandardCharsets.UTF_8), null, headers, age
        };
        return (ResultSet) Proxy.newProxyInstance(
                OutboxRowTests.class.getClassLoader(), new Class<?>[] {ResultSet.class}, (proxy, method, arguments) -> {
                    Object value = columns[(int) arguments[0]];
                    if (!method.getName().equals("getString")) {
                        return value;
                    }
                    String text = new String((byte[]) value, StandardCharsets.UTF_8);
                    if (text.indexOf('\uFFFD') >= 0) {
                        throw new SQLException("not UTF-8, as the driver says");
                    }
                    return text;
                });
    }
}
