package io.reliablemessaging.publish;

import io.reliablemessaging.faults.Gate;
import io.reliablemessaging.outbox.OutboxEntry;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.wire.WireMessage;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import net.bytebuddy.asm.Advice;
import org.springframework.test.util.ReflectionTestUtils;

/** Code to weave into publishing, to break it or to stop it at a place. */
public final class PublishMutations {

    private PublishMutations() {}

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
}
