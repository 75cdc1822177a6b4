package io.reliablemessaging.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.MessageNotPublishedException;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.ReliableMessagingTest;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import jakarta.persistence.PersistenceException;
import jakarta.persistence.PreUpdate;
import jakarta.persistence.Version;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.hibernate.FlushMode;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The host's transactions end as they would without us; and none commits without what it has published. */
@SpringBootTest(
        classes = HostTransactionsIT.Host.class,
        properties = {
            "spring.application.name=host-transactions",
            "reliable-messaging.relay.enabled=false",
            "spring.jpa.hibernate.ddl-auto=create",
            "spring.jpa.properties.hibernate.generate_statistics=true",
            "spring.jpa.open-in-view=false"
        })
@ReliableMessagingTest
class HostTransactionsIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    @EntityScan(basePackageClasses = HostTransactionsIT.class)
    static class Host {

        @Bean
        @Primary
        JpaTransactionManager transactionManager(EntityManagerFactory factory) {
            return new JpaTransactionManager(factory);
        }

        @Bean
        JdbcTransactionManager jdbcTransactionManager(DataSource dataSource) {
            return new JdbcTransactionManager(dataSource);
        }

        // what is bound by it is another key than the data source's bean
        @Bean
        JdbcTransactionManager lazyTransactionManager(DataSource dataSource) {
            return new JdbcTransactionManager(new LazyConnectionDataSourceProxy(dataSource));
        }
    }

    @Entity(name = "stock")
    static class Stock {

        static Runnable onUpdate = () -> {};

        @Id
        Long id;

        @Version
        int version;

        @Column(length = 10)
        String name;

        @Column(unique = true)
        int number;

        @PreUpdate
        void updating() {
            onUpdate.run();
        }
    }

    /** A commit that fails, by what it does to the row with id 1; another one has number 2. */
    enum Failing {
        CHANGED_MEANWHILE {
            @Override
            void work(HostTransactionsIT test, EntityManager entities) {
                Stock stock = entities.find(Stock.class, 1L);
                test.changeMeanwhile();
                stock.name = "mine";
            }
        },
        NOT_UNIQUE {
            @Override
            void work(HostTransactionsIT test, EntityManager entities) {
                entities.find(Stock.class, 1L).number = 2;
            }
        },
        TOO_LONG {
            @Override
            void work(HostTransactionsIT test, EntityManager entities) {
                entities.find(Stock.class, 1L).name = "longer than ten characters";
            }
        },
        LISTENER_THROWS {
            @Override
            void work(HostTransactionsIT test, EntityManager entities) {
                fail(entities, new UnsupportedOperationException("not valid"));
            }
        },
        LISTENER_THROWS_ILLEGAL_STATE {
            @Override
            void work(HostTransactionsIT test, EntityManager entities) {
                fail(entities, new IllegalStateException("not valid"));
            }
        },
        LISTENER_THROWS_WRAPPED {
            @Override
            void work(HostTransactionsIT test, EntityManager entities) {
                fail(entities, new PersistenceException("not valid", new IllegalStateException("cause")));
            }
        },
        ABORTED {
            @Override
            void work(HostTransactionsIT test, EntityManager entities) {
                var unused = catchThrowable(() -> test.sql.execute("select broken"));
                entities.find(Stock.class, 2L).name = "never";
            }
        };

        abstract void work(HostTransactionsIT test, EntityManager entities);

        private static void fail(EntityManager entities, RuntimeException thrown) {
            Stock.onUpdate = () -> {
                throw thrown;
            };
            entities.find(Stock.class, 1L).name = "mine";
        }
    }

    @Autowired
    MessagePublisher publisher;

    @Autowired
    JpaTransactionManager jpa;

    @Autowired
    JdbcTransactionManager jdbcTransactionManager;

    @Autowired
    JdbcTransactionManager lazyTransactionManager;

    @Autowired
    EntityManagerFactory factory;

    @Autowired
    EntityManager entities;

    @Autowired
    JdbcTemplate sql;

    @Autowired
    DataSource dataSource;

    @BeforeEach
    void fillTables() {
        sql.update("delete from reliable_messaging.outbox_message");
        sql.update("delete from stock");
        sql.update("insert into stock (id, version, name, number) values (1, 0, 'one', 1), (2, 0, 'two', 2)");
    }

    @AfterEach
    void nothingIsLeftOpen() {
        Stock.onUpdate = () -> {};
        assertThat(sql.queryForObject(
                        "select count(*) from pg_stat_activity where datname = current_database()"
                                + " and state like 'idle in transaction%'",
                        Integer.class))
                .isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aCommitThatFailsThrowsWhatItThrowsWithoutUs(Failing how) {
        Throwable without = failure(new JpaTransactionManager(factory), how, () -> {});
        assertThat(without).isNotNull();
        Throwable silent = failure(jpa, how, () -> {});
        assertThat(described(silent)).isEqualTo(described(without));
        Throwable publishing = failure(jpa, how, () -> publisher.publish("orders", "x"));
        assertThat(described(publishing)).isEqualTo(described(without));
        assertThat(stored()).isEmpty();
        assertThat(sql.queryForList("select number from stock order by id", Integer.class))
                .containsExactly(1, 2);
        assertThat(sql.queryForList("select name from stock order by id", String.class))
                .doesNotContain("mine", "never");
    }

    private Throwable failure(PlatformTransactionManager manager, Failing how, Runnable also) {
        fillTables();
        Stock.onUpdate = () -> {};
        return catchThrowable(() -> new TransactionTemplate(manager).executeWithoutResult(status -> {
            EntityManager entities = this.entities;
            also.run();
            how.work(this, entities);
        }));
    }

    private void changeMeanwhile() {
        direct().update("update stock set version = version + 1 where id = 1");
    }

    private static List<String> described(Throwable thrown) {
        List<String> all = new ArrayList<>();
        for (Throwable each = thrown; each != null; each = each.getCause()) {
            all.add(each.getClass().getName() + ": "
                    + String.valueOf(each.getMessage()).lines().findFirst().orElse(""));
        }
        return all;
    }

    @Test
    void aTransactionThatPublishesNothingIsFlushedNoMoreThanWithoutUs() {
        long without = flushes(new JpaTransactionManager(factory));
        assertThat(flushes(jpa)).isEqualTo(without);
    }

    private long flushes(PlatformTransactionManager manager) {
        var statistics = factory.unwrap(SessionFactory.class).getStatistics();
        long before = statistics.getFlushCount();
        new TransactionTemplate(manager)
                .executeWithoutResult(status -> entities.find(Stock.class, 1L).name = "flushed " + before % 10);
        return statistics.getFlushCount() - before;
    }

    @Test
    void whatAManualFlushModeHoldsBackStaysBack() {
        new TransactionTemplate(jpa).executeWithoutResult(status -> {
            entities.unwrap(Session.class).setHibernateFlushMode(FlushMode.MANUAL);
            entities.find(Stock.class, 1L).name = "held back";
            publisher.publish("orders", "stored");
        });
        assertThat(stored()).containsExactly("stored");
        assertThat(sql.queryForObject("select name from stock where id = 1", String.class))
                .isEqualTo("one");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpa", "jdbc"})
    void aTransactionWhoseTimeIsOverWhenItCommitsKeepsBothOrNeither(String kind) {
        AbstractPlatformTransactionManager manager = kind.equals("jpa") ? jpa : jdbcTransactionManager;
        TransactionTemplate limited = limited(manager);
        limited.executeWithoutResult(status -> {
            sql.update("update stock set name = 'sold' where id = 1");
            publisher.publish("orders", "sold");
            awaitEnd();
        });
        assertThat(stored()).containsExactly("sold");
        assertThat(sql.queryForObject("select name from stock where id = 1", String.class))
                .isEqualTo("sold");
    }

    @Test
    void aFlushThatComesTooLateThrowsWhatItThrowsWithoutUs() {
        Consumer<Runnable> late = also -> {
            also.run();
            entities.find(Stock.class, 1L).name = "late";
            awaitEnd();
        };
        Throwable without = catchThrowable(() ->
                limited(new JpaTransactionManager(factory)).executeWithoutResult(status -> late.accept(() -> {})));
        Throwable publishing = catchThrowable(() ->
                limited(jpa).executeWithoutResult(status -> late.accept(() -> publisher.publish("orders", "late"))));
        assertThat(described(publishing)).isEqualTo(described(without));
        assertThat(stored()).isEmpty();
    }

    private static TransactionTemplate limited(PlatformTransactionManager manager) {
        TransactionTemplate template = new TransactionTemplate(manager);
        template.setTimeout(1);
        return template;
    }

    private static void awaitEnd() {
        long begun = System.nanoTime();
        await().until(() -> System.nanoTime() - begun > 1_100_000_000L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpa", "jdbc"})
    void aTransactionThatPostgresHasAbortedIsRefusedIfItHasPublished(String kind) {
        PlatformTransactionManager manager = kind.equals("jpa") ? jpa : jdbcTransactionManager;
        Consumer<Runnable> work = also -> new TransactionTemplate(manager).executeWithoutResult(status -> {
            sql.update("update stock set name = 'sold' where id = 1");
            assertThatThrownBy(() -> sql.execute("select broken")).isInstanceOf(DataAccessException.class);
            also.run();
        });
        work.accept(() -> {}); // as without us: silently rolled back
        assertThatExceptionOfType(MessageNotPublishedException.class)
                .isThrownBy(() -> work.accept(() -> publisher.publish("orders", "sold")))
                .withMessageContaining("PostgreSQL has aborted it")
                .withMessageContaining("NESTED");
        assertThat(stored()).isEmpty();
        assertThat(sql.queryForObject("select name from stock where id = 1", String.class))
                .isEqualTo("one");
    }

    @Test
    void aTransactionWithoutAStatementOfItsOwnPublishes() {
        new TransactionTemplate(jdbcTransactionManager)
                .executeWithoutResult(status -> publisher.publish("orders", "alone"));
        assertThat(stored()).containsExactly("alone");
    }

    @Test
    void nothingIsStoredWhereAutoCommitWasSwitchedOn() {
        // and the rollback that follows fails, which Spring tells instead
        assertThatThrownBy(() -> new TransactionTemplate(jdbcTransactionManager).executeWithoutResult(status -> {
                    publisher.publish("orders", "x");
                    switchAutoCommitOn();
                }))
                .hasRootCauseMessage("Cannot rollback when autoCommit is enabled.");
        assertThat(stored()).isEmpty();
    }

    private void switchAutoCommitOn() {
        Connection connection = DataSourceUtils.getConnection(dataSource);
        try {
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } finally {
            DataSourceUtils.releaseConnection(connection, dataSource);
        }
    }

    /** Spring does not roll back if a TransactionException is thrown while it commits. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRefusalBeforeTheCommitRollsTheBusinessDataBack(boolean readOnly) {
        JdbcTransactionManager other = new JdbcTransactionManager(dataSource);
        TransactionTemplate template = new TransactionTemplate(readOnly ? jdbcTransactionManager : other);
        template.setReadOnly(readOnly);
        assertThatExceptionOfType(MessageNotPublishedException.class)
                .isThrownBy(() -> template.executeWithoutResult(status -> {
                    if (!readOnly) {
                        sql.update("update stock set name = 'sold' where id = 1");
                    }
                    TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                        @Override
                        public void beforeCommit(boolean isReadOnly) {
                            publisher.publish("orders", "sold");
                        }
                    });
                }));
        assertThat(stored()).isEmpty();
        assertThat(sql.queryForObject("select name from stock where id = 1", String.class))
                .isEqualTo("one");
    }

    @Test
    void aTransactionManagerThatIsNoBeanIsRefusedWithTheReason() {
        new TransactionTemplate(new JdbcTransactionManager(dataSource))
                .executeWithoutResult(status -> assertThatExceptionOfType(MessageNotPublishedException.class)
                        .isThrownBy(() -> publisher.publish("orders", "x"))
                        .withMessageContaining("a bean of the application"));
    }

    @Test
    void aTransactionManagerWithoutSynchronizationIsRefusedWithTheReason() {
        JdbcTransactionManager silent = new JdbcTransactionManager(dataSource);
        silent.setTransactionSynchronization(AbstractPlatformTransactionManager.SYNCHRONIZATION_NEVER);
        new TransactionTemplate(silent)
                .executeWithoutResult(status -> assertThatExceptionOfType(MessageNotPublishedException.class)
                        .isThrownBy(() -> publisher.publish("orders", "x"))
                        .withMessageContaining("synchronization switched on"));
    }

    @Test
    void publishesInTransactionsOfADataSourceThatStandsBeforeOurs() {
        JdbcTemplate lazy = new JdbcTemplate(lazyTransactionManager.getDataSource());
        TransactionTemplate template = new TransactionTemplate(lazyTransactionManager);
        template.executeWithoutResult(status -> {
            lazy.update("update stock set name = 'sold' where id = 1");
            publisher.publish("orders", "sold");
        });
        template.executeWithoutResult(status -> {
            publisher.publish("orders", "never");
            status.setRollbackOnly();
        });
        assertThat(stored()).containsExactly("sold");
        assertThat(sql.queryForObject("select name from stock where id = 1", String.class))
                .isEqualTo("sold");
    }

    @Test
    void onlyTheEntityManagerOfTheTransactionIsFlushed() {
        // a JPA transaction of another manager goes on around a JDBC transaction that publishes
        JpaTransactionManager outer = new JpaTransactionManager(factory) {
            @Override
            public DataSource getDataSource() {
                return null; // as one that shows no connection
            }
        };
        List<String> seen = new ArrayList<>();
        new TransactionTemplate(outer).executeWithoutResult(status -> {
            entities.find(Stock.class, 1L).name = "outer";
            Stock.onUpdate = () -> seen.add("flushed with " + stored().size());
            new TransactionTemplate(jdbcTransactionManager)
                    .executeWithoutResult(inner -> publisher.publish("orders", "inner"));
            assertThat(seen).isEmpty();
        });
        assertThat(seen).containsExactly("flushed with 1");
    }

    private List<String> stored() {
        return direct().queryForList(
                        "select convert_from(value, 'UTF8') from reliable_messaging.outbox_message order by id",
                        String.class);
    }

    private JdbcTemplate direct() {
        HikariDataSource pool = (HikariDataSource) dataSource;
        return new JdbcTemplate(new DriverManagerDataSource(pool.getJdbcUrl(), pool.getUsername(), pool.getPassword()));
    }
}
