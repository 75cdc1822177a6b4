package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.Schema;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * State of the sequence that gives outbox rows their ids. It only ever goes forward. If it has gone back, or is another
 * one, the table was restored or a person has set the sequence; then everything learned from ids is invalid.
 *
 * @param oid which sequence it is
 * @param last highest id that it has given; {@link #HIDDEN} if this role may not read it
 */
public record IdSequence(long oid, long last) {

    static final long HIDDEN = -1;

    /** The state before the first reading. */
    public static final IdSequence UNKNOWN = new IdSequence(0, HIDDEN);

    private static final String TABLE =
            "'reliable_messaging.outbox_message'::pg_catalog.regclass::pg_catalog.oid::pg_catalog.int8";

    // finding the sequence takes longer than the rest of a reading, so it is done once for each connection
    private static final String FIND = "select " + TABLE + """
            , pg_catalog.pg_get_serial_sequence('reliable_messaging.outbox_message', 'id')::pg_catalog.regclass
                ::pg_catalog.oid::pg_catalog.int8
            """;

    /** Columns for {@link Source#read}, with their parameters. Any statement can select them. */
    static final String STATE = TABLE + """
            , case when pg_catalog.has_sequence_privilege(?::bigint::pg_catalog.oid, 'SELECT, USAGE')
                   then coalesce(pg_catalog.pg_sequence_last_value(?::bigint::pg_catalog.oid::pg_catalog.regclass), 0) end""";

    /** Number of parameters in the columns. */
    static final int PARAMETERS = 2;

    /**
     * Table and sequence to read the state of, as long as the table is the same.
     *
     * @param table oid of the table
     * @param sequence oid of the sequence that gives its ids
     */
    record Source(long table, long sequence) {

        static Source find(Connection connection, Schema schema) throws SQLException {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(schema.in(FIND))) {
                row.next();
                return new Source(row.getLong(1), row.getLong(2));
            }
        }

        void bind(PreparedStatement statement, int parameter) throws SQLException {
            for (int i = 0; i < PARAMETERS; i++) {
                statement.setLong(parameter + i, sequence);
            }
        }

        /**
         * Reads the state.
         *
         * @param before the state that was read before, or {@link #UNKNOWN}
         * @throws SQLException also if the table or its sequence was replaced or has become hidden; then call {@link
         *     #find} anew
         */
        IdSequence read(ResultSet row, int column, IdSequence before) throws SQLException {
            long last = row.getLong(column + 1);
            IdSequence now = new IdSequence(sequence, row.wasNull() ? HIDDEN : last);
            if (row.getLong(column) != table || (now.last == HIDDEN && before.last != HIDDEN)) {
                throw new SQLException(
                        "Table outbox_message or its id sequence was replaced, or this role may no longer read the sequence; the relay opens a new reader");
            }
            return now;
        }
    }

    /**
     * Returns whether every id given up to this state is lower than the ids given after it, judged by the later state.
     */
    public boolean isContinuedBy(IdSequence later) {
        return equals(UNKNOWN) || (oid == later.oid && (later.last == HIDDEN || last <= later.last));
    }
}
