package io.reliablemessaging.deadletter;

import io.reliablemessaging.schema.Schema;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Gives a dead letter another payload and redrives it. The received payload is stored, however often it is edited. */
final class Edit implements BulkCommand {

    private static final String EDIT = """
            update reliable_messaging.parked_message
               set original_value = case when edited then original_value else value end, value = :payload::bytea, edited = true
             where id = any (:ids::bigint[])
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final byte[] payload;
    private final CommandLog log;
    private final Redrive redrive;

    /**
     * Creates the decision.
     *
     * @param redrive has the edited messages handled
     */
    Edit(JdbcClient jdbc, Schema schema, CommandLog log, byte[] payload, Redrive redrive) {
        this.jdbc = jdbc;
        this.schema = schema;
        this.payload = payload.clone();
        this.log = log;
        this.redrive = redrive;
    }

    @Override
    public void applyToDead(List<Long> dead, int position) {
        log.note("edit dead letter", dead);
        jdbc.sql(schema.in(EDIT))
                .param("ids", dead.toArray(Long[]::new))
                .param("payload", payload)
                .update();
        redrive.applyToDead(dead, position);
    }

    @Override
    public int applyToParked(List<Long> parked, int position) {
        return 0; // a handler may be working on it
    }
}
