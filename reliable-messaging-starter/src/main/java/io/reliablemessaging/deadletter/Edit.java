package io.reliablemessaging.deadletter;

import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.dryrun.StoredMessage;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.ReceivedMessage;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Gives a dead letter another payload and other headers, and redrives it. Those that were received are stored, however often it is
 * edited.
 */
final class Edit implements BulkCommands.Decision {

    // each edit redrives, so the number of redrives tells whether it is still the message that was checked
    private static final String EDIT = """
            update reliable_messaging.parked_message
               set original_value = case when edited then original_value else value end,
                   original_headers = coalesce(original_headers, headers),
                   value = :value::bytea, headers = :headers::bytea, edited = true
             where id = any (:ids::bigint[]) and redriven = :redriven::int
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final Change change;
    private final CommandLog log;
    private final Redrive redrive;

    /**
     * A change of a message.
     *
     * @param before the message that was edited
     * @param after the edited message
     */
    record Change(StoredMessage before, ReceivedMessage after) {}

    /**
     * Creates the decision.
     *
     * @param redrive has the edited message handled
     */
    Edit(JdbcClient jdbc, Schema schema, CommandLog log, Change change, Redrive redrive) {
        this.jdbc = jdbc;
        this.schema = schema;
        this.change = change;
        this.log = log;
        this.redrive = redrive;
    }

    @Override
    public void applyToDead(List<Long> dead, int position) {
        log.note("edit dead letter", dead);
        int edited = jdbc.sql(schema.in(EDIT))
                .param("ids", dead.toArray(Long[]::new))
                .param("redriven", change.before().redriven())
                .param("value", change.after().message().value())
                .param("headers", HeaderBytes.encode(change.after().message().headers()))
                .update();
        if (edited != dead.size()) {
            throw new DeadLetterNotChangedException(
                    "Dead letter %d was not edited: it was redriven since the edit was checked. Look at it, and edit it again"
                            .formatted(change.before().id()));
        }
        redrive.applyToDead(dead, position);
    }

    @Override
    public int applyToParked(List<Long> parked, int position) {
        return 0; // a handler may be working on it
    }
}
