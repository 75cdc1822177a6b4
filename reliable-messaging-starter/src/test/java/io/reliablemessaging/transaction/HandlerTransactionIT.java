package io.reliablemessaging.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.dryrun.DryRunRefusedException;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.retry.FailureKind;
import io.reliablemessaging.support.HostApplication;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import jakarta.persistence.PostUpdate;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.core.BaseConnection;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.orm.jpa.EntityManagerFactoryUtils;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionTimedOutException;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What a handler may do to its transaction, on hosts with JPA and with JDBC, and behind a pool that hides the driver. */
class HandlerTransactionIT {

    private static final Map<HostKind, ConfigurableApplicationContext> HOSTS = new EnumMap<>(HostKind.class);
    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** How an application reaches its database. */
    enum HostKind {
        JPA,
        JDBC,
        JDBC_HIDDEN
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @EntityScan(basePackageClasses = HandlerTransactionIT.class)
    static class Host {}

    @Configuration(proxyBeanMethods = false)
    static class Jdbc {

        @Bean
        PlatformTransactionManager transactionManager(DataSource dataSource) {
            return new JdbcTransactionManager(dataSource);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Hidden {

        @Bean
        DataSource dataSource(DataSourceProperties properties) {
            return new HidingDataSource(properties
                    .initializeDataSourceBuilder()
                    .type(HikariDataSource.class)
                    .build());
        }
    }

    /** Shows nobody the driver behind it. */
    private static final class HidingDataSource extends DelegatingDataSource {

        private HidingDataSource(DataSource target) {
            super(target);
        }

        @Override
        public Connection getConnection() throws SQLException {
            Connection connection = super.getConnection();
            return (Connection) Proxy.newProxyInstance(
                    Connection.class.getClassLoader(),
                    new Class<?>[] {Connection.class},
                    (proxy, method, arguments) -> {
                        if (method.getName().equals("unwrap") && arguments[0] == BaseConnection.class) {
                            throw new SQLException("hidden");
                        }
                        try {
                            return method.invoke(connection, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getTargetException();
                        }
                    });
        }
    }

    @Entity(name = "parcel")
    static class Parcel {
        @Id
        int id;

        String state = "";

        @PostUpdate
        void updated() {
            AFTER_UPDATE.get().run();
        }
    }

    private static final ThreadLocal<Runnable> AFTER_UPDATE = ThreadLocal.withInitial(() -> () -> {});

    static class Handlers {

        void plain() {}

        @Transactional(isolation = Isolation.SERIALIZABLE, timeout = 7)
        public void serializable() {}
    }

    private ConfigurableApplicationContext host;
    private JdbcTemplate sql;

    @AfterAll
    static void stopHosts() {
        HOSTS.values().forEach(ConfigurableApplicationContext::close);
        HOSTS.clear();
    }

    @AfterEach
    void forgetCallback() {
        AFTER_UPDATE.remove();
        assertThat(TransactionSynchronizationManager.isSynchronizationActive()).isFalse();
    }

    private HandlerTransaction on(HostKind kind) {
        return on(kind, LIMIT);
    }

    private HandlerTransaction on(HostKind kind, Duration limit) {
        return transactions(kind).forHandler(method("plain"), Handlers.class, limit);
    }

    private HandlerTransactions transactions(HostKind kind) {
        host = HOSTS.computeIfAbsent(kind, HandlerTransactionIT::start);
        sql = host.getBean(JdbcTemplate.class);
        sql.execute("drop table if exists effect");
        sql.execute("create table effect (name text primary key)");
        sql.execute("create table if not exists parcel (id int primary key, state text)");
        sql.execute("truncate parcel");
        sql.update("insert into parcel values (1, 'packed')");
        PlatformTransactionManager manager = host.getBean(PlatformTransactionManager.class);
        assertThat(manager)
                .isInstanceOf(kind == HostKind.JPA ? JpaTransactionManager.class : JdbcTransactionManager.class);
        return new HandlerTransactions(
                manager, "x"::equals, new TransactionConnections(host.getBean(DataSource.class)));
    }

    private static ConfigurableApplicationContext start(HostKind kind) {
        HostApplication application =
                HostApplication.onSharedServers(Host.class).with("reliable-messaging.relay.enabled=false");
        if (kind != HostKind.JPA) {
            application.and(Jdbc.class);
        }
        if (kind == HostKind.JDBC_HIDDEN) {
            application.and(Hidden.class);
        }
        return application.run();
    }

    @ParameterizedTest
    @EnumSource
    void whatTheWorkDidIsThereWhenItReturns(HostKind kind) {
        assertThat(on(kind).execute(() -> effect("done"))).isEqualTo(1);
        assertThat(effects()).containsExactly("done");
    }

    @ParameterizedTest
    @EnumSource
    void aStatementWhoseFailureIsSwallowedFailsTheWork(HostKind kind) {
        HandlerTransaction transaction = on(kind);
        assertThatThrownBy(() -> transaction.run(() -> {
                    effect("done");
                    swallowDuplicate();
                }))
                .isInstanceOf(NotCommittedException.class)
                .hasMessageContaining("a statement failed")
                .hasMessageContaining("NESTED");
        assertThat(effects()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aDryRunLeavesNothingAndIsCheckedAsACommitIs(HostKind kind) {
        HandlerTransaction transaction = on(kind);
        sql.execute("drop table if exists late");
        sql.execute("create table late (name text references effect deferrable initially deferred)");
        assertThat(transaction.dryRun(() -> effect("done"))).isZero();
        assertThatThrownBy(() -> transaction.dryRun(() -> {
                    effect("done");
                    swallowDuplicate();
                }))
                .isInstanceOf(NotCommittedException.class);
        assertThatThrownBy(() -> transaction.dryRun(() -> sql.update("insert into late values ('nobody')")))
                .isInstanceOf(DataIntegrityViolationException.class);
        assertThatThrownBy(() -> transaction.dryRun(() -> {
                    throw new IllegalStateException("broken");
                }))
                .hasMessage("broken");
        sql.execute("drop table late");
        assertThat(effects()).isEmpty();
        transaction.run(() -> effect("done"));
        assertThat(effects()).containsExactly("done");
    }

    @ParameterizedTest
    @EnumSource
    void aDryRunRefusesTransactionsBesideIt(HostKind kind) {
        HandlerTransaction transaction = on(kind);
        PlatformTransactionManager manager = host.getBean(PlatformTransactionManager.class);
        for (int propagation : List.of(
                TransactionDefinition.PROPAGATION_REQUIRES_NEW, TransactionDefinition.PROPAGATION_NOT_SUPPORTED)) {
            TransactionTemplate beside = new TransactionTemplate(manager);
            beside.setPropagationBehavior(propagation);
            assertThatThrownBy(() -> transaction.dryRun(() -> {
                        effect("in it");
                        Throwable refused =
                                catchThrowable(() -> beside.executeWithoutResult(status -> effect("beside")));
                        assertThat(refused).isInstanceOf(DryRunRefusedException.class);
                        effect("after it"); // its own transaction is as it was
                    }))
                    .isInstanceOf(DryRunRefusedException.class)
                    .hasMessageContaining("REQUIRES_NEW");
            assertThat(effects()).isEmpty();
            transaction.run(() -> {
                sql.execute("select 1");
                beside.executeWithoutResult(status -> {});
            });
        }
    }

    @Test
    void aDryRunFlushesJpa() {
        HandlerTransaction transaction = on(HostKind.JPA);
        assertThatThrownBy(() -> transaction.dryRun(() -> {
                    effect("done");
                    Parcel twin = new Parcel();
                    twin.id = 1;
                    entities().persist(twin);
                }))
                .isInstanceOf(DataIntegrityViolationException.class);
        assertThat(effects()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aTransactionThatIsEndedByHandFailsTheWork(HostKind kind) {
        HandlerTransaction transaction = on(kind);
        for (String end : Set.of("rollback", "commit")) {
            assertThatThrownBy(() -> transaction.run(() -> {
                        effect(end);
                        sql.execute((Connection connection) -> {
                            if (end.equals("commit")) {
                                connection.commit();
                            } else {
                                connection.rollback();
                            }
                            return null;
                        });
                    }))
                    .isInstanceOf(NotCommittedException.class)
                    .hasMessageContaining("over before the handler returned");
        }
        assertThat(effects()).containsExactly("commit");
    }

    @ParameterizedTest
    @EnumSource(names = {"JDBC", "JDBC_HIDDEN"})
    void aConnectionThatIsGivenAwayFailsTheWork(HostKind kind) {
        HandlerTransaction transaction = on(kind);
        assertThatThrownBy(() -> transaction.run(() -> {
                    effect("done");
                    try {
                        DataSourceUtils.getConnection(host.getBean(DataSource.class))
                                .close();
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                }))
                .isInstanceOf(NotCommittedException.class);
        assertThat(effects()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aFailureThatASynchronizationSwallowsFailsTheWork(HostKind kind) {
        HandlerTransaction transaction = on(kind);
        assertThatThrownBy(() -> transaction.run(() -> {
                    effect("done");
                    beforeCommit(this::swallowDuplicate);
                }))
                .isInstanceOf(NotCommittedException.class)
                .hasMessageContaining("a statement failed");
        assertThat(effects()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = "JPA")
    void aFailureThatIsSwallowedDuringTheFlushFailsTheWork(HostKind kind) {
        HandlerTransaction transaction = on(kind);
        assertThatThrownBy(() -> transaction.run(() -> {
                    effect("done");
                    AFTER_UPDATE.set(this::swallowDuplicate);
                    beforeCommit(() -> entities().find(Parcel.class, 1).state = "sent");
                }))
                .isInstanceOf(NotCommittedException.class)
                .hasMessageContaining("a statement failed");
        assertThat(sql.queryForObject("select state from parcel", String.class)).isEqualTo("packed");
    }

    @ParameterizedTest
    @EnumSource
    void anInnerFailureThatIsSwallowedFailsTheWork(HostKind kind) {
        HandlerTransaction transaction = on(kind);
        assertThatThrownBy(() -> transaction.run(() -> {
                    effect("done");
                    Throwable swallowed = catchThrowable(() -> inner(TransactionDefinition.PROPAGATION_REQUIRED)
                            .executeWithoutResult(status -> {
                                throw new IllegalStateException("inner");
                            }));
                    assertThat(swallowed).hasMessage("inner");
                }))
                .isInstanceOf(NotCommittedException.class)
                .hasMessageContaining("marked for rollback");
        assertThatThrownBy(() -> transaction.run(() -> {
                    effect("done");
                    beforeCommit(() -> inner(TransactionDefinition.PROPAGATION_REQUIRED)
                            .executeWithoutResult(status -> status.setRollbackOnly()));
                }))
                .isInstanceOf(NotCommittedException.class)
                .hasMessageContaining("marked for rollback");
        assertThat(effects()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aSavepointOrAnInnerTransactionMayFail(HostKind kind) {
        HandlerTransaction transaction = on(kind);
        transaction.run(() -> {
            effect("done");
            withSavepoint(this::swallowDuplicate);
            failAndSucceed(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
            if (kind != HostKind.JPA) { // whose transaction manager has no savepoints
                failAndSucceed(TransactionDefinition.PROPAGATION_NESTED);
                effect("nested");
            }
        });
        assertThat(effects()).contains("done", "inner3").hasSize(kind == HostKind.JPA ? 2 : 4);
    }

    @ParameterizedTest
    @EnumSource
    void whatIsThrownAfterTheCommitDoesNotUndoIt(HostKind kind) {
        HandlerTransaction transaction = on(kind);
        transaction.run(() -> {
            effect("done");
            TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                @Override
                public void afterCommit() {
                    throw new IllegalStateException("too late");
                }
            });
        });
        assertThat(effects()).containsExactly("done");
    }

    @ParameterizedTest
    @EnumSource
    void aTransactionThatLastsTooLongSaysSo(HostKind kind) {
        HandlerTransaction transaction = on(kind, Duration.ofMillis(300));
        RuntimeException handlers = new IllegalArgumentException("the handler's");
        for (Runnable end : new Runnable[] {
            () -> {}, // the commit fails
            () -> effect("late"), // the next statement fails
            () -> assertThatThrownBy(() -> effect("late")).isNotNull(), // it fails, and nobody minds
            () -> {
                throw handlers; // the rollback fails
            }
        }) {
            Throwable thrown = catchThrowable(() -> transaction.run(() -> {
                limit(300);
                effect("done");
                awaitEndOfTransaction();
                end.run();
            }));
            assertThat(thrown)
                    .isInstanceOf(TransactionTimedOutException.class)
                    .hasMessageContaining("longer than transaction-timeout (0.3 s)")
                    .hasCauseInstanceOf(Throwable.class);
            assertThat(FailureJudge.kindOf(thrown)).isEqualTo(FailureKind.TRANSACTION_TIMEOUT);
        }
        assertThat(catchThrowable(() -> transaction.run(() -> {
                    limit(300);
                    awaitEndOfTransaction();
                    throw handlers;
                })))
                .hasCause(handlers);
        assertThat(effects()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aTransactionThatTheHostsOwnLimitEndsSaysSo(HostKind kind) {
        HandlerTransaction transaction = on(kind);
        assertThatThrownBy(() -> transaction.run(() -> {
                    sql.execute("set local idle_in_transaction_session_timeout = 200");
                    effect("done");
                    awaitEndOfTransaction();
                }))
                .isInstanceOf(TransactionTimedOutException.class)
                .hasMessageContaining("before transaction-timeout (1 min) was over");
    }

    @ParameterizedTest
    @EnumSource
    void aConnectionThatIsLostIsNotTheWorksFault(HostKind kind) {
        HandlerTransaction transaction = on(kind);
        for (Runnable end : new Runnable[] {
            () -> {}, // the commit fails
            () -> effect("late"),
            () -> {
                throw new IllegalArgumentException("the handler's"); // the rollback fails
            }
        }) {
            Throwable thrown = catchThrowable(() -> transaction.run(() -> {
                effect("done");
                int pid = Objects.requireNonNull(sql.queryForObject("select pg_backend_pid()", Integer.class));
                inner(TransactionDefinition.PROPAGATION_REQUIRES_NEW)
                        .executeWithoutResult(
                                status -> sql.query("select pg_terminate_backend(?, 10000)", row -> {}, pid));
                end.run();
            }));
            assertThat(thrown).isInstanceOf(ConnectionLostException.class);
            assertThat(FailureJudge.kindOf(thrown)).isEqualTo(FailureKind.DATABASE_AWAY);
        }
        assertThat(effects()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void theConnectionHasANetworkTimeOutMeanwhile(HostKind kind) throws SQLException {
        HandlerTransaction transaction = on(kind, Duration.ofSeconds(5));
        DataSource dataSource = host.getBean(DataSource.class);
        int[] seen = new int[2];
        transaction.run(() -> {
            effect("done");
            seen[0] = networkTimeout();
            inner(TransactionDefinition.PROPAGATION_REQUIRES_NEW)
                    .executeWithoutResult(status -> seen[1] = networkTimeout());
        });
        assertThat(seen).containsExactly(15_000, 0);
        try (Connection next = dataSource.getConnection()) {
            assertThat(next.getNetworkTimeout()).isZero();
        }
    }

    @Test
    void aPoolThatResetsNothingKeepsItsOwnNetworkTimeOut() throws SQLException {
        transactions(HostKind.JDBC);
        try (Connection hosts = host.getBean(DataSource.class).getConnection()) {
            DataSource pool = new SingleConnectionDataSource(hosts, true);
            sql = new JdbcTemplate(pool);
            HandlerTransaction transaction = new HandlerTransactions(
                            new JdbcTransactionManager(pool), "x"::equals, new TransactionConnections(pool))
                    .forHandler(method("plain"), Handlers.class, Duration.ofSeconds(5));
            hosts.setNetworkTimeout(Runnable::run, 77_000);
            transaction.run(() -> {
                effect("lowered");
                assertThat(networkTimeout()).isEqualTo(15_000);
            });
            assertThat(hosts.getNetworkTimeout()).isEqualTo(77_000);
            assertThatThrownBy(() -> transaction.run(this::swallowDuplicate)).isInstanceOf(NotCommittedException.class);
            assertThat(hosts.getNetworkTimeout()).isEqualTo(77_000);
            hosts.setNetworkTimeout(Runnable::run, 9_000);
            transaction.run(() -> {
                effect("shorter");
                assertThat(networkTimeout()).isEqualTo(9_000);
            });
            assertThat(hosts.getNetworkTimeout()).isEqualTo(9_000);
        }
    }

    @ParameterizedTest
    @EnumSource
    void takesOverIsolationAndTimeOutOfTheHandler(HostKind kind) {
        HandlerTransaction transaction = transactions(kind).forHandler(method("serializable"), Handlers.class, LIMIT);
        assertThat(transaction.execute(() -> sql.queryForObject("show transaction_isolation", String.class)))
                .isEqualTo("serializable");
        assertThat(transaction.execute(() -> {
                    effect("done");
                    return TransactionSynchronizationManager.getCurrentTransactionIsolationLevel();
                }))
                .isEqualTo(TransactionDefinition.ISOLATION_SERIALIZABLE);
        assertThat(on(kind).execute(() -> sql.queryForObject("show transaction_isolation", String.class)))
                .isEqualTo("read committed");
    }

    @ParameterizedTest
    @EnumSource
    void notesAreMadeReadCommittedWhateverTheDefault(HostKind kind) {
        HandlerTransactions transactions = transactions(kind);
        String user = sql.queryForObject("select current_user", String.class);
        String database = sql.queryForObject("select current_database()", String.class);
        sql.execute("alter role " + user + " in database " + database
                + " set default_transaction_isolation = 'repeatable read'");
        try {
            host.getBean(DataSource.class)
                    .unwrap(HikariDataSource.class)
                    .getHikariPoolMXBean()
                    .softEvictConnections();
            assertThat(sql.queryForObject("show transaction_isolation", String.class))
                    .isEqualTo("repeatable read");
            assertThat(transactions
                            .plain()
                            .execute(() -> sql.queryForObject("show transaction_isolation", String.class)))
                    .isEqualTo("read committed");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } finally {
            sql.execute("alter role " + user + " in database " + database + " reset default_transaction_isolation");
        }
    }

    private int effect(String name) {
        return sql.update("insert into effect values (?)", name);
    }

    private List<String> effects() {
        return sql.queryForList("select name from effect", String.class);
    }

    private void swallowDuplicate() {
        assertThatThrownBy(() -> sql.update("insert into parcel values (1, 'twice')"))
                .isInstanceOf(DuplicateKeyException.class);
    }

    private void withSavepoint(Runnable action) {
        sql.execute((Connection connection) -> {
            Savepoint savepoint = connection.setSavepoint();
            action.run();
            connection.rollback(savepoint);
            return null;
        });
    }

    private void failAndSucceed(int propagation) {
        assertThatThrownBy(() -> inner(propagation)
                        .executeWithoutResult(status -> sql.update("insert into parcel values (1, 'twice')")))
                .isInstanceOf(DuplicateKeyException.class);
        inner(propagation).executeWithoutResult(status -> effect("inner" + propagation));
    }

    private static void beforeCommit(Runnable action) {
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void beforeCommit(boolean readOnly) {
                action.run();
            }
        });
    }

    private EntityManager entities() {
        return EntityManagerFactoryUtils.getTransactionalEntityManager(host.getBean(EntityManagerFactory.class));
    }

    private TransactionTemplate inner(int propagation) {
        TransactionTemplate template = new TransactionTemplate(host.getBean(PlatformTransactionManager.class));
        template.setPropagationBehavior(propagation);
        return template;
    }

    private void limit(int millis) {
        sql.execute("set local transaction_timeout = " + millis);
    }

    /** Waits, beside the transaction, until the server has ended it. */
    private void awaitEndOfTransaction() {
        int pid = Objects.requireNonNull(sql.queryForObject("select pg_backend_pid()", Integer.class));
        TransactionTemplate beside = inner(TransactionDefinition.PROPAGATION_NOT_SUPPORTED);
        await().pollInSameThread()
                .until(() -> Boolean.TRUE.equals(beside.execute(status -> sql.queryForObject(
                        "select not exists (select from pg_stat_activity where pid = ?)", Boolean.class, pid))));
    }

    private int networkTimeout() {
        return Objects.requireNonNull(sql.execute((Connection connection) -> connection.getNetworkTimeout()));
    }

    private static Method method(String name) {
        try {
            return Handlers.class.getDeclaredMethod(name);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(e);
        }
    }
}
