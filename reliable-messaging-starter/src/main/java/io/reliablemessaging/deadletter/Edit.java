package io.reliablemessaging.deadletter;

import io.reliablemessaging.schema.Schema;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A dead letter gets another payload and is redriven. The one it was received with is kept, however often it is edited. */
final class Edit implements Decision {

    private static final String EDIT = """
            with noted as (
                    insert into reliable_messaging.operation_log (who, action, target)
                    select :who::text, 'edit dead letter', topic || ' ' || consumer_group || ' ' || message_id::text
                      from reliable_messaging.parked_message where id = any (:ids::bigint[]))
            update reliable_messaging.parked_message
               set original_value = case when edited then original_value else value end, value = :payload::bytea, edited = true
             where id = any (:ids::bigint[])
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final byte[] payload;
    private final String who;
    private final Redrive redrive;

    Edit(JdbcClient jdbc, Schema schema, byte[] payload, String who) {
        this.jdbc = jdbc;
        this.schema = schema;
        this.payload = payload.clone();
        this.who = who;
        this.redrive = new Redrive(jdbc, schema, who, 0);
    }

    @Override
    public void about(List<Long> dead, int position) {
        jdbc.sql(schema.in(EDIT))
                .param("who", who)
                .param("ids", dead.toArray(Long[]::new))
                .param("payload", payload)
                .update();
        redrive.about(dead, position);
    }

    @Override
    public int aboutWaiting(List<Long> waiting, int position) {
        return 0; // its handler may have it in hand
    }
}
