package io.reliablemessaging.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.reliablemessaging.transaction.CommitGuard.Guarded;
import io.reliablemessaging.transaction.TransactionConnections.State;
import io.reliablemessaging.transaction.TransactionConnections.Watched;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.support.SimpleTransactionStatus;

/** A handler's transaction that is not open any more must not look as if it had committed. */
class CommitGuardTests {

    private final SimpleTransactionStatus transaction = new SimpleTransactionStatus();
    private final Watched connection = mock(Watched.class);
    private RuntimeException flushFailure;
    private final CommitGuard guard = new CommitGuard(() -> {
        if (flushFailure != null) {
            throw flushFailure;
        }
    });
    private Guarded guarded;

    @BeforeEach
    void begin() {
        when(connection.state()).thenReturn(State.OPEN);
        guarded = guard.guard(transaction, connection);
    }

    @AfterEach
    void leave() {
        guard.leave();
    }

    @Test
    void anOpenTransactionMayCommit() {
        guard.requireCommittable();
        guard.beforeCommit(transaction);
        assertThat(guarded.failure()).isNull();
        assertThat(guarded.isCommitted()).isFalse();
        guard.afterCommit(transaction, null);
        assertThat(guarded.isCommitted()).isTrue();
        verify(connection, times(1)).release();
    }

    @Test
    void onePostgresHasAbortedOrThatIsOverOrMarkedMayNot() {
        when(connection.state()).thenReturn(State.ABORTED);
        assertThatThrownBy(guard::requireCommittable).isInstanceOf(NotCommittedException.class);
        when(connection.state()).thenReturn(State.OVER);
        assertThatThrownBy(guard::requireCommittable).isInstanceOf(NotCommittedException.class);
        when(connection.state()).thenReturn(State.OPEN);
        transaction.setRollbackOnly();
        assertThatThrownBy(guard::requireCommittable).isInstanceOf(NotCommittedException.class);
    }

    /** The commit itself will say so, in the words of a lost connection. */
    @Test
    void aLostConnectionIsNoTransactionThatWasEnded() {
        when(connection.isBroken()).thenReturn(true);
        when(connection.state()).thenReturn(State.OVER);
        assertThatCode(guard::requireCommittable).doesNotThrowAnyException();
    }

    @Test
    void whatTheLastFlushDoesIsSeenBeforeTheCommit() {
        flushFailure = new IllegalStateException("constraint");
        assertThatThrownBy(() -> guard.beforeCommit(transaction)).isSameAs(flushFailure);
        assertThat(guarded.failure()).isSameAs(flushFailure);
        flushFailure = null;
        when(connection.state()).thenReturn(State.ABORTED);
        assertThatThrownBy(() -> guard.beforeCommit(transaction)).isInstanceOf(NotCommittedException.class);
        assertThat(guarded.failure()).isInstanceOf(NotCommittedException.class);
    }

    @Test
    void aCommitThatFailsIsNone() {
        guard.afterCommit(transaction, new IllegalStateException("no answer"));
        assertThat(guarded.isCommitted()).isFalse();
        verify(connection).release();
    }

    @Test
    void howTheConnectionWasAtTheEndIsKeptForOthersMayHaveItNext() {
        when(connection.isBroken()).thenReturn(true);
        guard.afterRollback(transaction, null);
        when(connection.isBroken()).thenReturn(false);
        guarded.noteConnection();
        assertThat(guarded.isBroken()).isTrue();
        assertThat(guarded.mayBeBroken()).isTrue();
        assertThat(guarded.isCommitted()).isFalse();
    }

    @Test
    void transactionsOfTheHostAreLeftAlone() {
        when(connection.state()).thenReturn(State.ABORTED);
        SimpleTransactionStatus hosts = new SimpleTransactionStatus();
        assertThatCode(() -> guard.beforeCommit(hosts)).doesNotThrowAnyException();
        guard.afterCommit(hosts, null);
        assertThat(guarded.isCommitted()).isFalse();
        guard.leave();
        assertThatCode(guard::requireCommittable).doesNotThrowAnyException();
    }
}
