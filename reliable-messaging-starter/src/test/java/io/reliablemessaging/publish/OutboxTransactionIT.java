package io.reliablemessaging.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.springframework.transaction.TransactionDefinition.PROPAGATION_NESTED;
import static org.springframework.transaction.TransactionDefinition.PROPAGATION_REQUIRES_NEW;

import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessageNotPublishedException;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.test.ReliableMessagingTest;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Id;
import jakarta.persistence.PreUpdate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What a transaction publishes is stored if, and only if, it commits. The relay is off: we look at the rows. */
@SpringBootTest(
        classes = OutboxTransactionIT.Host.class,
        properties = {
            "spring.application.name=outbox-test",
            "reliable-messaging.relay.enabled=false",
            "spring.jpa.hibernate.ddl-auto=create",
            "spring.jpa.open-in-view=false"
        })
@ReliableMessagingTest
class OutboxTransactionIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    @EntityScan(basePackageClasses = OutboxTransactionIT.class)
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

        @Bean
        BeforeCommitPublisher beforeCommitPublisher(MessagePublisher publisher) {
            return new BeforeCommitPublisher(publisher);
        }
    }

    record SomethingHappened(String text) {}

    record Unserialisable(String text) {

        @Override
        public String text() {
            throw new IllegalStateException("secret");
        }
    }

    static class BeforeCommitPublisher {

        private final MessagePublisher publisher;

        BeforeCommitPublisher(MessagePublisher publisher) {
            this.publisher = publisher;
        }

        @TransactionalEventListener(phase = TransactionPhase.BEFORE_COMMIT)
        void on(SomethingHappened event) {
            publisher.publish("orders", event.text());
        }
    }

    @Entity(name = "account")
    static class Account {

        static Runnable onUpdate = () -> {};

        @Id
        Long id;

        int balance;

        @PreUpdate
        void updating() {
            onUpdate.run();
        }
    }

    @Autowired
    MessagePublisher publisher;

    @Autowired
    JpaTransactionManager jpa;

    @Autowired
    JdbcTransactionManager jdbc;

    @Autowired
    EntityManager entities;

    @Autowired
    JdbcTemplate sql;

    @Autowired
    ApplicationEventPublisher events;

    @Autowired
    DataSource dataSource;

    private TransactionTemplate transaction;

    @BeforeEach
    void emptyTables() {
        sql.update("delete from reliable_messaging.outbox_message");
        sql.update("delete from account");
        sql.update("insert into account (id, balance) values (1, 0)");
        transaction = new TransactionTemplate(jpa);
    }

    @AfterEach
    void forgetEntityListener() {
        Account.onUpdate = () -> {};
    }

    private List<String> stored() {
        return sql.queryForList(
                "select convert_from(value, 'UTF8') from reliable_messaging.outbox_message order by id", String.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpa", "jdbc"})
    void storesWhatACommittedTransactionPublished(String kind) {
        new TransactionTemplate(kind.equals("jpa") ? jpa : jdbc).executeWithoutResult(status -> {
            publisher.publish("orders", "42", "first");
            publisher.publish("orders", "second");
            assertThat(stored()).isEmpty();
        });
        assertThat(stored()).containsExactly("first", "second");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jpa", "jdbc"})
    void storesNothingOfARolledBackTransaction(String kind) {
        new TransactionTemplate(kind.equals("jpa") ? jpa : jdbc).executeWithoutResult(status -> {
            publisher.publish("orders", "never");
            status.setRollbackOnly();
        });
        assertThat(stored()).isEmpty();
    }

    @Test
    void storesNothingWhenAParticipantHasMarkedTheTransaction() {
        TransactionTemplate participant = new TransactionTemplate(jpa);
        assertThatThrownBy(() -> transaction.executeWithoutResult(status -> {
                    publisher.publish("orders", "never");
                    participant.executeWithoutResult(inner -> {
                        assertThatThrownBy(() -> sql.update("select broken")).isInstanceOf(RuntimeException.class);
                        inner.setRollbackOnly();
                    });
                }))
                .isInstanceOf(UnexpectedRollbackException.class);
        assertThat(stored()).isEmpty();
    }

    @Test
    void keepsTheOrderOfAThousandMessagesOfOneTransaction() {
        List<String> all = IntStream.range(0, 1000).mapToObj(i -> "m" + i).toList();
        transaction.executeWithoutResult(status -> all.forEach(text -> publisher.publish("orders", "k", text)));
        assertThat(stored()).isEqualTo(all);
    }

    @Test
    void forgetsWhatWasPublishedUnderARolledBackSavepoint() {
        TransactionTemplate outer = new TransactionTemplate(jdbc);
        TransactionTemplate nested = new TransactionTemplate(jdbc);
        nested.setPropagationBehavior(PROPAGATION_NESTED);
        outer.executeWithoutResult(status -> {
            nested.executeWithoutResult(inner -> {
                publisher.publish("orders", "first of all, rolled back");
                inner.setRollbackOnly();
            });
            publisher.publish("orders", "before");
            nested.executeWithoutResult(inner -> publisher.publish("orders", "kept"));
            nested.executeWithoutResult(inner -> {
                publisher.publish("orders", "rolled back");
                nested.executeWithoutResult(innermost -> publisher.publish("orders", "rolled back with it"));
                inner.setRollbackOnly();
            });
            publisher.publish("orders", "after");
        });
        assertThat(stored()).containsExactly("before", "kept", "after");
    }

    @Test
    void forgetsWhatWasPublishedAfterAProgrammaticSavepoint() {
        new TransactionTemplate(jdbc).executeWithoutResult(status -> {
            publisher.publish("orders", "kept");
            Object savepoint = status.createSavepoint();
            publisher.publish("orders", "rolled back");
            status.rollbackToSavepoint(savepoint);
            publisher.publish("orders", "again");
            status.rollbackToSavepoint(savepoint);
            status.releaseSavepoint(savepoint);
        });
        assertThat(stored()).containsExactly("kept");
    }

    @Test
    void storesWhatRequiresNewPublishedThoughTheOuterTransactionRollsBack() {
        TransactionTemplate inner = new TransactionTemplate(jpa);
        inner.setPropagationBehavior(PROPAGATION_REQUIRES_NEW);
        transaction.executeWithoutResult(status -> {
            publisher.publish("orders", "outer");
            inner.executeWithoutResult(own -> publisher.publish("orders", "inner"));
            publisher.publish("orders", "outer again");
            status.setRollbackOnly();
        });
        assertThat(stored()).containsExactly("inner");
    }

    @Test
    void storesWhatIsPublishedFromAnotherBeansBeforeCommit() {
        transaction.executeWithoutResult(status -> synchronization(beforeCommit(
                () -> synchronization(new TransactionSynchronization() {
                    @Override
                    public void beforeCompletion() {
                        throw new AssertionError("registered so late, it is never called");
                    }
                }),
                () -> publisher.publish("orders", "late"))));
        assertThat(stored()).containsExactly("late");
    }

    @Test
    void storesWhatABeforeCommitEventListenerPublishes() {
        transaction.executeWithoutResult(status -> {
            events.publishEvent(new SomethingHappened("by event"));
            publisher.publish("orders", "directly");
        });
        assertThat(stored()).containsExactly("directly", "by event");
    }

    @Test
    void storesWhatAnEntityListenerPublishesDuringTheFlush() {
        Account.onUpdate = () -> publisher.publish("orders", "by entity listener");
        transaction.executeWithoutResult(status -> {
            entities.find(Account.class, 1L).balance++;
            publisher.publish("orders", "directly");
        });
        assertThat(stored()).containsExactly("directly", "by entity listener");
    }

    /** Flushing where nothing was published would change what the host's own commits do. */
    @Test
    void refusesTheFirstMessageOfATransactionInTheFlushOfItsCommit() {
        Account.onUpdate = () -> publisher.publish("orders", "by entity listener");
        assertThatThrownBy(() -> transaction.executeWithoutResult(status -> entities.find(Account.class, 1L).balance++))
                .hasStackTraceContaining("too late where nothing was published before");
        assertThat(stored()).isEmpty();
        assertThat(sql.queryForObject("select balance from account", Integer.class))
                .isZero();
    }

    @Test
    void storesWhatAnEntityListenerPublishesInAFlushOfTheHost() {
        Account.onUpdate = () -> publisher.publish("orders", "by entity listener");
        transaction.executeWithoutResult(status -> {
            entities.find(Account.class, 1L).balance++;
            entities.flush();
        });
        assertThat(stored()).containsExactly("by entity listener");
    }

    @Test
    void storesALargeTransactionInStatementsOfEightMegabytes() {
        byte[] payload = new byte[500_000];
        transaction.executeWithoutResult(status -> {
            for (int i = 0; i < 40; i++) {
                publisher.publish("orders", Integer.toString(i), payload);
            }
        });
        assertThat(sql.queryForList(
                        "select convert_from(key, 'UTF8') from reliable_messaging.outbox_message order by id",
                        String.class))
                .isEqualTo(IntStream.range(0, 40).mapToObj(Integer::toString).toList());
        assertThat(sql.queryForList(
                        "select sum(octet_length(value)) from reliable_messaging.outbox_message group by cmin::text",
                        Long.class))
                .hasSize(3)
                .allSatisfy(bytes -> assertThat(bytes).isLessThanOrEqualTo(8L << 20));
    }

    @Test
    void saysHowMuchCouldNotBeStored() {
        sql.execute(
                "alter table reliable_messaging.outbox_message add constraint one_topic check (topic <> 'refused')");
        try {
            assertThatThrownBy(() -> transaction.executeWithoutResult(status -> {
                        publisher.publish("refused", new byte[70]);
                        publisher.publish("refused", new byte[30]);
                    }))
                    .isInstanceOf(DataIntegrityViolationException.class)
                    .hasMessageContaining("2 messages")
                    .hasMessageContaining("bytes in all");
        } finally {
            sql.execute("alter table reliable_messaging.outbox_message drop constraint one_topic");
        }
        assertThat(stored()).isEmpty();
    }

    @Test
    void refusesToPublishWithoutATransaction() {
        assertThatExceptionOfType(MessageNotPublishedException.class)
                .isThrownBy(() -> publisher.publish("orders", "x"))
                .withMessageContaining("there is no transaction")
                .withMessageContaining("@Transactional");
    }

    @Test
    void refusesToPublishInAReadOnlyTransaction() {
        transaction.setReadOnly(true);
        transaction.executeWithoutResult(status -> assertThatExceptionOfType(MessageNotPublishedException.class)
                .isThrownBy(() -> publisher.publish("orders", "x"))
                .withMessageContaining("read-only"));
    }

    @Test
    void refusesToPublishOnceTheTransactionHasCommitted() {
        List<Throwable> refusals = new ArrayList<>();
        transaction.executeWithoutResult(status -> synchronization(new TransactionSynchronization() {
            @Override
            public void afterCommit() {
                refusals.add(refusal());
            }

            @Override
            public void afterCompletion(int outcome) {
                refusals.add(refusal());
            }
        }));
        assertThat(refusals)
                .hasSize(2)
                .allSatisfy(refusal -> assertThat(refusal)
                        .isInstanceOf(MessageNotPublishedException.class)
                        .hasMessageContaining("already being completed"));
        assertThat(stored()).isEmpty();
    }

    @Test
    void publishesInANewTransactionAfterTheCommit() {
        TransactionTemplate fresh = new TransactionTemplate(jpa);
        fresh.setPropagationBehavior(PROPAGATION_REQUIRES_NEW);
        transaction.executeWithoutResult(status -> synchronization(new TransactionSynchronization() {
            @Override
            public void afterCommit() {
                fresh.executeWithoutResult(own -> publisher.publish("orders", "afterwards"));
            }
        }));
        assertThat(stored()).containsExactly("afterwards");
    }

    @Test
    void refusesToPublishInATransactionOfAnotherDataSource() {
        HikariDataSource pool = (HikariDataSource) dataSource;
        PlatformTransactionManager other = new JdbcTransactionManager(
                new DriverManagerDataSource(pool.getJdbcUrl(), pool.getUsername(), pool.getPassword()));
        transaction.executeWithoutResult(status -> {
            new TransactionTemplate(other)
                    .executeWithoutResult(inner -> assertThat(refusal())
                            .isInstanceOf(MessageNotPublishedException.class)
                            .hasMessageContaining("not on the data source that holds the outbox"));
            publisher.publish("orders", "after the other one");
        });
        assertThat(stored()).containsExactly("after the other one");
    }

    @Test
    void failsThePublisherOfAPayloadThatCannotBeSerialised() {
        transaction.executeWithoutResult(status -> assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> publisher.publish("orders", new Unserialisable("x")))
                .withMessageContaining("cannot be serialised")
                .withMessageContaining("Unserialisable"));
    }

    @Test
    void failsThePublisherOfAMessageThatIsTooLarge() {
        transaction.executeWithoutResult(status -> assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> publisher.publish("orders", new byte[1_048_577]))
                .withMessageContaining("max.request.size"));
    }

    @Test
    void changesToThePayloadAfterPublishingDoNotCount() {
        byte[] payload = "as published".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        transaction.executeWithoutResult(status -> {
            publisher.publish("orders", payload);
            payload[0] = 'X';
        });
        assertThat(stored()).containsExactly("as published");
    }

    @Test
    void returnsTheIdThatItStores() {
        AtomicReference<String> id = new AtomicReference<>();
        transaction.executeWithoutResult(
                status -> id.set(publisher.publish("orders", "x").toString()));
        assertThat(sql.queryForObject("select message_id::text from reliable_messaging.outbox_message", String.class))
                .isEqualTo(id.get());
    }

    @Test
    void storesTheIdThatItIsGiven() {
        MessageId id = MessageId.of("0192f3a0-0000-7000-8000-000000000001");
        transaction.executeWithoutResult(status -> assertThat(publisher.publish(
                        OutgoingMessage.to("orders").id(id).payload("x").build()))
                .isEqualTo(id));
        assertThat(sql.queryForObject("select message_id::text from reliable_messaging.outbox_message", String.class))
                .isEqualTo(id.toString());
    }

    @Test
    void storesKeyAndPartitionAndSharesALaneByKey() {
        transaction.executeWithoutResult(status -> {
            publisher.publish(
                    OutgoingMessage.to("a").key("k").partition(7).payload("x").build());
            publisher.publish(OutgoingMessage.to("b").key("k").payload(null).build());
        });
        assertThat(sql.queryForList("select distinct lane from reliable_messaging.outbox_message where key = 'k'"))
                .hasSize(1);
        assertThat(sql.queryForObject(
                        "select partition from reliable_messaging.outbox_message where topic = 'a'", Integer.class))
                .isEqualTo(7);
        assertThat(sql.queryForObject(
                        "select value is null from reliable_messaging.outbox_message where topic = 'b'", Boolean.class))
                .isTrue();
    }

    /** Whoever holds the business lock first must get the lower id, or a key's messages would change places. */
    @Test
    void drawsItsIdsAfterJpaHasTakenItsLocks() throws Exception {
        CountDownLatch locked = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        CompletableFuture<Void> first = CompletableFuture.runAsync(
                () -> new TransactionTemplate(jpa).executeWithoutResult(status -> {
                    sql.update("update account set balance = 1 where id = 1");
                    locked.countDown();
                    join(goOn);
                    publisher.publish("orders", "1", "first");
                }),
                Threads.NEW);
        join(locked);
        CompletableFuture<Void> second = CompletableFuture.runAsync(
                () -> new TransactionTemplate(jpa).executeWithoutResult(status -> {
                    entities.find(Account.class, 1L).balance = 2; // locks only when it is flushed
                    publisher.publish("orders", "1", "second");
                }),
                Threads.NEW);
        await().until(() -> sql.queryForObject(
                        "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                                + " and datname = current_database()",
                        Integer.class)
                == 1);
        goOn.countDown();
        first.get();
        second.get();
        assertThat(stored()).containsExactly("first", "second");
    }

    @Test
    void liftsSynchronousCommitForATransactionThatPublishes() {
        List<String> atCommit = new ArrayList<>();
        jdbc.addListener(new TransactionExecutionListener() {
            @Override
            public void beforeCommit(TransactionExecution transaction) {
                atCommit.add(sql.queryForObject("select current_setting('synchronous_commit')", String.class));
            }
        });
        TransactionTemplate hasty = new TransactionTemplate(jdbc);
        hasty.executeWithoutResult(status -> sql.execute("set local synchronous_commit = off"));
        hasty.executeWithoutResult(status -> {
            sql.execute("set local synchronous_commit = off");
            publisher.publish("orders", "durable");
        });
        hasty.executeWithoutResult(status -> {
            sql.execute("set local synchronous_commit = remote_apply");
            publisher.publish("orders", "even more so");
        });
        assertThat(atCommit).containsExactly("off", "on", "remote_apply");
    }

    /** The lane follows from the stored number, and from nothing that an instance remembers. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "update reliable_messaging.application set lanes = null",
                "delete from reliable_messaging.application"
            })
    void rollsBackIfNoNumberOfLanesIsStored(String removal) {
        var stored = sql.queryForMap("select name, lanes from reliable_messaging.application");
        sql.update(removal);
        try {
            for (int messages : List.of(1, 2)) {
                assertThatThrownBy(() -> new TransactionTemplate(jdbc).executeWithoutResult(status -> {
                            sql.update("insert into account (id, balance) values (2, 0)");
                            IntStream.range(0, messages).forEach(i -> publisher.publish("orders", "nowhere"));
                        }))
                        .isInstanceOf(DataAccessException.class);
                assertThat(sql.queryForList("select id from account where id = 2"))
                        .isEmpty();
            }
        } finally {
            sql.update("delete from reliable_messaging.application");
            sql.update(
                    "insert into reliable_messaging.application (name, lanes) values (?, ?)",
                    stored.get("name"),
                    stored.get("lanes"));
        }
        assertThat(stored()).isEmpty();
    }

    private Throwable refusal() {
        try {
            publisher.publish("orders", "too late");
            return new AssertionError("it was accepted");
        } catch (MessageNotPublishedException e) {
            return e;
        }
    }

    private static void synchronization(TransactionSynchronization synchronization) {
        TransactionSynchronizationManager.registerSynchronization(synchronization);
    }

    private static TransactionSynchronization beforeCommit(Runnable... actions) {
        return new TransactionSynchronization() {
            @Override
            public void beforeCommit(boolean readOnly) {
                List.of(actions).forEach(Runnable::run);
            }
        };
    }

    private static void join(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
