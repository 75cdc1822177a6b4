package io.reliablemessaging.outbox;

import io.reliablemessaging.faults.Gate;
import io.reliablemessaging.wire.WireMessage;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import javax.sql.DataSource;
import net.bytebuddy.asm.Advice;
import org.springframework.test.util.ReflectionTestUtils;

/** What to weave into the outbox to break it, or to stop it at a place. */
public final class OutboxMutations {

    private OutboxMutations() {}

    /** {@code Outbox.append}: the row is inserted by the call, not by the commit. */
    public static final class InsertsAtOnce {

        private InsertsAtOnce() {}

        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        static boolean append(
                @Advice.Argument(0) WireMessage message, @Advice.FieldValue("insert") OutboxInsert insert) {
            return insertedAtOnce(message, insert);
        }
    }

    /** Called by the woven code. */
    public static boolean insertedAtOnce(WireMessage message, OutboxInsert insert) {
        OutboxTransaction transaction = Objects.requireNonNull(OutboxTransaction.current());
        insert.insert(transaction.dataSource(), List.of(new OutboxEntry(message, null)));
        return true;
    }

    /** {@code Outbox.append}: a record for a dead-letter topic does not wait for the commit. */
    public static final class SendsDeadLettersAtOnce {

        private SendsDeadLettersAtOnce() {}

        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        static boolean append(
                @Advice.Argument(0) WireMessage message, @Advice.FieldValue("insert") OutboxInsert insert) {
            return insertedElsewhere(message, insert);
        }
    }

    /** Called by the woven code. */
    public static boolean insertedElsewhere(WireMessage message, OutboxInsert insert) {
        if (!message.topic().endsWith(".dlt")) {
            return false;
        }
        DataSource source = Objects.requireNonNull(OutboxTransaction.current()).dataSource();
        OutboxTable table = (OutboxTable) Objects.requireNonNull(ReflectionTestUtils.getField(insert, "table"));
        try (Connection connection = source.getConnection()) { // another one, which commits at once
            table.insert(connection, List.of(message));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return true;
    }

    /** {@code Outbox.append}: stops after it. */
    public static final class GateAfterAppend {

        private GateAfterAppend() {}

        @Advice.OnMethodExit
        static void append() {
            Gate.pass("append");
        }
    }

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
