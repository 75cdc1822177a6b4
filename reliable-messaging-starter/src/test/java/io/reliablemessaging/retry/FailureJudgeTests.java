package io.reliablemessaging.retry;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.persistence.OptimisticLockException;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.NoSuchElementException;
import org.hibernate.StaleObjectStateException;
import org.hibernate.exception.JDBCConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.OptimisticLockingFailureException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.orm.ObjectOptimisticLockingFailureException;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.TransactionTimedOutException;

class FailureJudgeTests {

    @ParameterizedTest
    @CsvSource({
        "40001, CONFLICT",
        "40P01, CONFLICT",
        "55P03, CONFLICT",
        "08000, DATABASE_AWAY",
        "08001, DATABASE_AWAY",
        "08003, DATABASE_AWAY",
        "08006, DATABASE_AWAY",
        "57P01, DATABASE_AWAY",
        "57P02, DATABASE_AWAY",
        "57P03, DATABASE_AWAY",
        "57P05, DATABASE_AWAY",
        "53100, DATABASE_AWAY",
        "53200, DATABASE_AWAY",
        "53300, DATABASE_AWAY",
        "25P03, TRANSACTION_TIMEOUT",
        "25P04, TRANSACTION_TIMEOUT",
        "25P02, OTHER",
        "23505, OTHER",
        "42P01, OTHER",
        "57014, OTHER",
        "28P01, OTHER",
        "42501, OTHER",
        "54000, OTHER",
        "40002, OTHER",
        "XX000, OTHER"
    })
    void judgesByTheSqlState(String state, FailureKind kind) {
        assertThat(FailureJudge.kindOf(new IllegalStateException(new RuntimeException(new SQLException("x", state)))))
                .isEqualTo(kind);
    }

    @Test
    void optimisticLocksAreConflicts() {
        assertConflict(new OptimisticLockingFailureException("x"));
        assertConflict(new ObjectOptimisticLockingFailureException("Parcel", 1));
        assertConflict(new IllegalStateException(new OptimisticLockException("x")));
        assertConflict(new IllegalStateException(new StaleObjectStateException("Parcel", 1)));
        assertConflict(new CannotAcquireLockException("x"));
    }

    @Test
    void aConnectionThatFailsWithoutAStateIsRecognisedByWhatIsBelow() {
        assertAway(new RuntimeException(new SQLException("x", new ConnectException("refused"))));
        assertAway(new SQLException("x", new SocketTimeoutException("read")));
        assertAway(new SQLException("x", new EOFException()));
        assertAway(new JDBCConnectionException("x", new SQLException("x", "08006")));
    }

    @Test
    void theNetworkOfOthersIsNotOurDatabase() {
        assertKind(FailureKind.OTHER, new IllegalStateException(new ConnectException("payment service")));
        assertKind(FailureKind.OTHER, new SocketTimeoutException("payment service"));
    }

    @Test
    void aPoolThatHasNothingToGiveIsNoOutage() {
        Throwable hikari = new SQLTransientConnectionException("Connection is not available, request timed out");
        assertPool(hikari);
        assertPool(new CannotCreateTransactionException("x", hikari));
        assertPool(new CannotGetJdbcConnectionException("x", new SQLTransientConnectionException("x")));
        // Commons DBCP, and pools that say less
        assertPool(new SQLException("Cannot get a connection", new NoSuchElementException("Timeout waiting")));
        assertPool(new SQLException("Acquisition timeout", new java.util.concurrent.TimeoutException()));
        assertPool(new CannotCreateTransactionException("x", new SQLException("none left")));
        assertPool(new CannotGetJdbcConnectionException("x", new SQLException("none left")));
    }

    @Test
    void aPoolThatCannotConnectIsAnOutage() {
        SQLException unknown = new SQLException("no such database", "3D000");
        assertAway(new CannotCreateTransactionException(
                "x", new SQLTransientConnectionException("request timed out", "3D000", unknown)));
    }

    /** The server has answered: who is refused waits for a connection, and nobody is told that PostgreSQL is away. */
    @ParameterizedTest
    @ValueSource(strings = {"28P01", "28000", "42501"})
    void aPoolThatIsRefusedHasNothingToGive(String state) {
        SQLException refused = new SQLException("permission denied for database", state);
        assertPool(new CannotCreateTransactionException(
                "x", new SQLTransientConnectionException("request timed out", state, refused)));
    }

    @Test
    void aTransactionThatCannotBeginForOtherReasonsIsNoOutage() {
        assertKind(
                FailureKind.OTHER,
                new CannotCreateTransactionException("x", new IllegalStateException("already bound")));
        assertKind(FailureKind.OTHER, new SQLException("no state, no cause"));
    }

    @Test
    void springsOwnTimeOutIsATimeOut() {
        assertKind(FailureKind.TRANSACTION_TIMEOUT, new TransactionTimedOutException("deadline"));
        assertKind(FailureKind.OTHER, new QueryTimeoutException("one statement"));
    }

    @Test
    void looksBehindAFailedRollbackAndABatch() {
        TransactionSystemException rollback =
                new TransactionSystemException("JDBC rollback failed", new SQLException("x"));
        rollback.initApplicationException(new IllegalStateException(new SQLException("x", "40001")));
        assertConflict(rollback);
        BatchUpdateException batch = new BatchUpdateException(new int[0]);
        batch.setNextException(new SQLException("x", "40P01"));
        assertConflict(batch);
    }

    @Test
    void whatOnlyCameAlongDoesNotCount() {
        IllegalStateException failure = new IllegalStateException("bug");
        failure.addSuppressed(new SQLException("could not close", "08006"));
        assertKind(FailureKind.OTHER, failure);
    }

    @Test
    void survivesCyclesAndEndlessCauses() {
        Exception one = new Exception("one");
        one.initCause(new Exception("two", one));
        assertKind(FailureKind.OTHER, one);
        Throwable deep = new SQLException("x", "40001");
        for (int i = 0; i < 100_000; i++) {
            deep = new RuntimeException("x", deep);
        }
        assertKind(FailureKind.OTHER, deep);
        SQLException first = new SQLException("x");
        for (int i = 0; i < 1_000; i++) {
            first.setNextException(new SQLException("x", "23505"));
        }
        assertKind(FailureKind.OTHER, first);
    }

    @Test
    void onlyWhatTheJvmCannotSurviveIsFatal() {
        assertThat(FailureJudge.isFatal(new OutOfMemoryError())).isTrue();
        assertThat(FailureJudge.isFatal(new InternalError())).isTrue();
        assertThat(FailureJudge.isFatal(new UnknownError())).isTrue();
        assertThat(FailureJudge.isFatal(new StackOverflowError())).isFalse();
        assertThat(FailureJudge.isFatal(new AssertionError())).isFalse();
        assertThat(FailureJudge.isFatal(new NoClassDefFoundError())).isFalse();
        assertThat(FailureJudge.isFatal(new ExceptionInInitializerError())).isFalse();
        assertThat(FailureJudge.isFatal(new Error("of the host's"))).isFalse();
    }

    private static void assertConflict(Throwable failure) {
        assertKind(FailureKind.CONFLICT, failure);
    }

    private static void assertAway(Throwable failure) {
        assertKind(FailureKind.DATABASE_AWAY, failure);
    }

    private static void assertPool(Throwable failure) {
        assertKind(FailureKind.POOL_EXHAUSTED, failure);
    }

    private static void assertKind(FailureKind kind, Throwable failure) {
        assertThat(FailureJudge.kindOf(failure)).isEqualTo(kind);
    }
}
