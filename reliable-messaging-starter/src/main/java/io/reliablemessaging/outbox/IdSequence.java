package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.Schema;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * State of the sequence that gives outbox rows their ids. It only ever goes on: where it has gone back, or is another one, the
 * table was restored, or somebody has set the sequence, and what was learned from ids counts no more.
 *
 * @param oid which sequence it is
 * @param last highest id that it has given; {@link #HIDDEN} if this role may not see it
 */
public record IdSequence(long oid, long last) {

    static final long HIDDEN = -1;

    /** Before the first reading. */
    public static final IdSequence UNKNOWN = new IdSequence(0, HIDDEN);

    private static final String TABLE =
            "'reliable_messaging.outbox_message'::pg_catalog.regclass::pg_catalog.oid::pg_catalog.int8";

    // which sequence it is takes longer to find out than all else of a reading: once for each connection
    private static final String FIND = "select " + TABLE + """
            , pg_catalog.pg_get_serial_sequence('reliable_messaging.outbox_message', 'id')::pg_catalog.regclass
                ::pg_catalog.oid::pg_catalog.int8
            """;

    /** Columns for {@link Source#read}, and their parameters. Any reading can ask for them. */
    static final String STATE = TABLE + """
            , case when pg_catalog.has_sequence_privilege(?::bigint::pg_catalog.oid, 'SELECT, USAGE')
                   then coalesce(pg_catalog.pg_sequence_last_value(?::bigint::pg_catalog.oid::pg_catalog.regclass), 0) end""";

    /** How many parameters the columns have. */
    static final int PARAMETERS = 2;

    /**
     * Where to ask for the state, as long as the table is the same.
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
         * @throws SQLException also if the table or its sequence has been replaced, or is hidden from now on: find it anew
         */
        IdSequence read(ResultSet row, int column, IdSequence before) throws SQLException {
            long last = row.getLong(column + 1);
            IdSequence now = new IdSequence(sequence, row.wasNull() ? HIDDEN : last);
            if (row.getLong(column) != table || (now.last == HIDDEN && before.last != HIDDEN)) {
                throw new SQLException("The outbox has another table, or another sequence, than before");
            }
            return now;
        }
    }

    /** Whether ids that were given at the time of this state are still older than those given since. */
    public boolean isContinuedBy(IdSequence later) {
        return equals(UNKNOWN) || (oid == later.oid && (later.last == HIDDEN || last <= later.last));
    }
}
