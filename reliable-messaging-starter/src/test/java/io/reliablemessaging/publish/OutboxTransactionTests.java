package io.reliablemessaging.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.outbox.OutboxEntry;
import io.reliablemessaging.wire.WireMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Which messages a transaction has published, whatever is rolled back or suspended on the way. */
class OutboxTransactionTests {

    private final DataSource dataSource = mock(DataSource.class);
    private final List<Runnable> flushes = new ArrayList<>();
    private final EntityManagerFlush jpa = () -> {
        if (!flushes.isEmpty()) {
            flushes.remove(0).run();
        }
    };
    private OutboxTransaction transaction;

    @BeforeEach
    void begin() {
        TransactionSynchronizationManager.initSynchronization();
        OutboxTransaction.begin(false, dataSource, jpa);
        transaction = OutboxTransaction.current();
    }

    @AfterEach
    void end() {
        if (OutboxTransaction.current() != null) {
            transaction.afterCompletion(TransactionSynchronization.STATUS_ROLLED_BACK);
        }
        TransactionSynchronizationManager.clear();
    }

    @Test
    void itIsTheOneOfItsThreadUntilItsEnd() {
        assertThat(transaction).isNotNull();
        assertThat(TransactionSynchronizationManager.getSynchronizations()).containsExactly(transaction);
        transaction.afterCompletion(TransactionSynchronization.STATUS_COMMITTED);
        assertThat(OutboxTransaction.current()).isNull();
    }

    @Test
    void whileItIsSuspendedAnotherOneMayBegin() {
        transaction.append(entry(1));
        transaction.suspend();
        assertThat(OutboxTransaction.current()).isNull();
        OutboxTransaction.begin(true, dataSource, jpa);
        OutboxTransaction inner = OutboxTransaction.current();
        assertThat(inner.isReadOnly()).isTrue();
        assertThat(inner.isEmpty()).isTrue();
        inner.afterCompletion(TransactionSynchronization.STATUS_COMMITTED);
        transaction.resume();
        assertThat(OutboxTransaction.current()).isSameAs(transaction);
        assertThat(transaction.size()).isEqualTo(1);
    }

    @Test
    void aSavepointThatIsRolledBackTakesItsMessagesAlong() {
        OutboxEntry first = publish(1);
        transaction.savepoint("outer");
        OutboxEntry second = publish(2);
        transaction.savepoint("inner");
        publish(3);
        transaction.savepointRollback("inner");
        OutboxEntry fourth = publish(4);
        assertThat(transaction.seal(committed -> {})).containsExactly(first, second, fourth);
        transaction.savepointRollback("outer");
        assertThat(transaction.seal(committed -> {})).containsExactly(first);
        transaction.savepointRollback("inner");
        assertThat(transaction.size()).as("there are fewer by now").isEqualTo(1);
    }

    @Test
    void aSavepointOfBeforeTheFirstMessageTakesAll() {
        transaction.savepoint("early");
        publish(1);
        transaction.savepointRollback("early");
        assertThat(transaction.isEmpty()).isTrue();
    }

    @Test
    void aSavepointThatNobodyHasToldOfIsOlderThanAll() {
        publish(1);
        transaction.savepointRollback("unknown");
        assertThat(transaction.isEmpty()).isTrue();
    }

    @Test
    void withoutMessagesARollbackDoesNothing() {
        transaction.savepointRollback("unknown");
        assertThat(transaction.isEmpty()).isTrue();
        assertThat(transaction.size()).isZero();
    }

    @Test
    void jpaIsFlushedUntilNothingMoreIsPublished() {
        flushes.add(() -> publish(1));
        flushes.add(() -> publish(2));
        flushes.add(() -> {});
        flushes.add(() -> publish(3));
        transaction.flushJpa();
        assertThat(transaction.size()).isEqualTo(2);
        assertThat(flushes).as("never asked").hasSize(1);
    }

    @Test
    void onlyACommitHandsOutWhatWasSealed() {
        List<List<OutboxEntry>> committed = new ArrayList<>();
        OutboxEntry first = publish(1);
        assertThat(transaction.isSealed()).isFalse();
        transaction.seal(committed::add);
        assertThat(transaction.isSealed()).isTrue();
        assertThat(committed).isEmpty();
        transaction.afterCommit();
        assertThat(committed).containsExactly(List.of(first));
    }

    @Test
    void aCommitOfNothingTellsNobody() {
        List<List<OutboxEntry>> committed = new ArrayList<>();
        assertThat(transaction.seal(committed::add)).isEmpty();
        transaction.afterCommit();
        assertThat(committed).isEmpty();
    }

    @Test
    void itIsFollowedForTheManagerThatHasBegunIt() {
        assertThat(transaction.isFlushedBy(jpa)).isTrue();
        assertThat(transaction.isFlushedBy(() -> {})).isFalse();
        assertThat(transaction.isConnected()).as("no connection is bound").isFalse();
    }

    private OutboxEntry publish(long id) {
        OutboxEntry entry = entry(id);
        transaction.append(entry);
        return entry;
    }

    private static OutboxEntry entry(long id) {
        return new OutboxEntry(
                new WireMessage(new MessageId(new UUID(0, id)), "orders", null, null, new byte[1], new RecordHeaders()),
                null);
    }
}
