package io.reliablemessaging.outbox;

import java.sql.ResultSet;
import java.sql.SQLException;

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

    /** Columns for {@link #read}. They cost next to nothing, so that every reading can ask for them. */
    static final String STATE = """
            pg_catalog.pg_get_serial_sequence('reliable_messaging.outbox_message', 'id')::pg_catalog.regclass
                ::pg_catalog.oid::pg_catalog.int8,
            case when pg_catalog.has_sequence_privilege(
                          pg_catalog.pg_get_serial_sequence('reliable_messaging.outbox_message', 'id'), 'SELECT, USAGE')
                 then coalesce(pg_catalog.pg_sequence_last_value(
                          pg_catalog.pg_get_serial_sequence('reliable_messaging.outbox_message', 'id')
                              ::pg_catalog.regclass), 0) end""";

    static IdSequence read(ResultSet row, int column) throws SQLException {
        long oid = row.getLong(column);
        long last = row.getLong(column + 1);
        return new IdSequence(oid, row.wasNull() ? HIDDEN : last);
    }

    /** Whether ids that were given at the time of this state are still older than those given since. */
    public boolean isContinuedBy(IdSequence later) {
        return equals(UNKNOWN) || (oid == later.oid && (later.last == HIDDEN || last <= later.last));
    }
}
