package io.reliablemessaging.outbox;

import io.reliablemessaging.faults.Gate;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;
import net.bytebuddy.asm.Advice;

/** Code to weave into the reading of the outbox, to break it or to stop it at a place. */
public final class OutboxMutations {

    private OutboxMutations() {}

    /** {@code OutboxReader.writers}: who has a transaction id, instead of who has the lock. */
    public static final class TrustsTheSnapshot {

        private TrustsTheSnapshot() {}

        @Advice.OnMethodExit
        @SuppressWarnings("UnusedVariable") // assigning it changes what is returned
        static void writers(
                @Advice.FieldValue("connection") Connection connection,
                @Advice.Return(readOnly = false) OutboxReader.Writers writers) {
            writers = transactionsInProgress(connection, writers.highestId());
        }
    }

    /** Called by the woven code. */
    public static OutboxReader.Writers transactionsInProgress(Connection connection, long highestId) {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select pg_snapshot_xip(pg_current_snapshot())::text")) {
            Set<String> ids = new HashSet<>();
            while (rows.next()) {
                ids.add(rows.getString(1));
            }
            return new OutboxReader.Writers(highestId, ids);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** {@code OutboxReader.heads}: stops before the statement. */
    public static final class GateBeforeHeads {

        private GateBeforeHeads() {}

        @Advice.OnMethodEnter
        static void heads() {
            Gate.pass("heads");
        }
    }
}
