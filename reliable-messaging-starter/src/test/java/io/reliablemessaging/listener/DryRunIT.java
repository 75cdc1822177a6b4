package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterDetails;
import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.DryRun;
import io.reliablemessaging.DryRun.Refused;
import io.reliablemessaging.DryRun.Stage;
import io.reliablemessaging.DryRun.WouldFail;
import io.reliablemessaging.DryRun.WouldSucceed;
import io.reliablemessaging.MessageEdit;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessageSender;
import io.reliablemessaging.OutboxReplay;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.support.Threads;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionTimedOutException;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** A person has a handler called with a dead letter, and nothing comes of it. */
class DryRunIT {

    private static ListenerInstances app;
    private static ConfigurableApplicationContext instance;
    private static volatile ListenerInstances.Behaviour behaviour = message -> {};

    private DeadLetters letters;
    private JdbcTemplate inHandler;

    /** A listener whose configuration says nothing. */
    static class Unsaid {
        @ReliableListener(id = "unsaid", topics = "unsaid", groupId = "unsaid", autoStartup = "false")
        void on(String payload) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class Extension {
        @Bean
        Unsaid unsaid() {
            return new Unsaid();
        }
    }

    @BeforeAll
    static void start() {
        app = new ListenerInstances().with(Extension.class).behaving(message -> behaviour.handle(message));
        instance = app.start(
                "reliable-messaging.listener.max-attempts=1",
                "reliable-messaging.listeners.tested.dry-run=true",
                "reliable-messaging.outbox.retention=1h");
        app.sql().execute("create table unique_effect (name text primary key)");
        app.sql().execute("create table late (name text references unique_effect deferrable initially deferred)");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @BeforeEach
    void clear() {
        letters = instance.getBean(DeadLetters.class);
        inHandler = instance.getBean(JdbcTemplate.class);
        letters.discard(DeadLetterQuery.dead(), "a test", "olive");
        app.sql().execute("truncate effect, unique_effect, late, reliable_messaging.operation_log");
        app.calls.clear();
        recorder().published.clear();
        recorder().handled.clear();
    }

    @Test
    void aHandlerThatWouldSucceedLeavesNothing() {
        long id = deadLetter("one");
        DeadLetterDetails before = letters.get(id).orElseThrow();
        int failures = recorder().failed.size() + recorder().dead.size();
        List<String> callbacks = new ArrayList<>();
        behaviour = message -> {
            instance.getBean(MessagePublisher.class).publish(app.topic, "k", "dropped");
            instance.getBean(MessagePublisher.class).publish(app.topic, "k", "dropped, too");
            TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                @Override
                public void beforeCommit(boolean readOnly) {
                    callbacks.add("before");
                }

                @Override
                public void afterCommit() {
                    callbacks.add("after");
                }
            });
        };
        recorder().published.clear();
        recorder().handled.clear();

        DryRun outcome = letters.dryRun(id, "olive");

        assertThat(outcome).isInstanceOfSatisfying(WouldSucceed.class, success -> {
            assertThat(success.published()).isEqualTo(2);
            assertThat(success.took()).isPositive();
        });
        assertThat(app.calls).containsExactly("one#1", "one#1"); // the first attempt, and this
        assertThat(callbacks).containsExactly("before");
        assertThat(app.effects()).isEmpty();
        assertThat(new KafkaTopic(app.bootstrapServers(), app.topic).values()).doesNotContain("dropped");
        assertThat(count("outbox_message where key = 'k'") + count("outbox_published where key = 'k'"))
                .isZero();
        assertThat(recorder().published).isEmpty();
        assertThat(recorder().handled).isEmpty();
        assertThat(recorder().failed.size() + recorder().dead.size()).isEqualTo(failures);
        DeadLetterDetails after = letters.get(id).orElseThrow();
        assertThat(after.letter()).isEqualTo(before.letter());
        assertThat(after.failures()).isEqualTo(before.failures());
        assertThat(after.actions()).singleElement().satisfies(action -> {
            assertThat(action.who()).isEqualTo("olive");
            assertThat(action.action()).isEqualTo("dry run of dead letter");
        });
        behaviour = message -> {};
        letters.redrive(id, "olive");
        await().until(() -> app.effects().equals(List.of("one")));
    }

    @Test
    void anExceptionOfTheHandlerIsShownAndIsNoAttempt() {
        long id = deadLetter("one");
        behaviour = message -> {
            throw new java.io.IOException("no stock");
        };
        assertThat(letters.dryRun(id, "olive")).isInstanceOfSatisfying(WouldFail.class, failure -> {
            assertThat(failure.stage()).isEqualTo(Stage.HANDLER);
            assertThat(failure.errorClass()).isEqualTo("java.io.IOException");
            assertThat(failure.errorMessage()).isEqualTo("no stock");
            assertThat(failure.stackTrace()).contains("DryRunIT");
        });
        assertThat(letter(id).attempts()).isOne();
        assertThat(count("parked_failure where parked_id = " + id)).isOne();
    }

    @Test
    void aMessageThatWaitsIsTriedWithItsNextAttempt() {
        long id = deadLetter("one");
        app.sql()
                .update(
                        "update reliable_messaging.parked_message set state = 'WAITING', attempts = 3 where id = ?",
                        id);
        behaviour = message -> {};
        assertThat(letters.dryRun(id, "olive")).isInstanceOf(WouldSucceed.class);
        assertThat(app.calls).endsWith("one#4");
        assertThat(letter(id).attempts()).isEqualTo(3);
        app.sql().update("update reliable_messaging.parked_message set state = 'DEAD' where id = ?", id);
    }

    @Test
    void anEditIsTriedBeforeItIsStored() {
        long id = deadLetter("one");
        List<String> seen = new ArrayList<>();
        behaviour =
                message -> seen.add(message.payload() + " " + message.headers().get("colour"));
        MessageEdit edit = MessageEdit.payload("two").header("colour", "red");
        assertThat(letters.dryRun(id, edit, "olive")).isInstanceOf(WouldSucceed.class);
        assertThat(seen).containsExactly("two red");
        assertThat(letters.get(id).orElseThrow().payload()).isEqualTo("one".getBytes(UTF_8));
        assertThat(letter(id).edited()).isFalse();
    }

    @Test
    void whatWouldFailAtTheCommitIsFound() {
        long id = deadLetter("one");
        behaviour = message -> inHandler.update("insert into late values ('nobody')");
        assertFails(id, Stage.COMMIT, DataIntegrityViolationException.class.getName());
        behaviour = message -> {
            inHandler.update("insert into unique_effect values ('a')");
            try {
                inHandler.update("insert into unique_effect values ('a')");
            } catch (DuplicateKeyException e) {
                return;
            }
        };
        assertFails(id, Stage.HANDLER, null); // the effect of the tested handler follows in the aborted transaction
        behaviour = message -> new TransactionTemplate(instance.getBean(PlatformTransactionManager.class))
                .executeWithoutResult(status -> status.setRollbackOnly());
        assertThat(letters.dryRun(id, "olive"))
                .isInstanceOfSatisfying(
                        WouldFail.class,
                        failure -> assertThat(failure.errorMessage()).contains("marked for rollback"));
        assertThat(app.effects()).isEmpty();
        assertThat(app.sql().queryForObject("select count(*) from unique_effect", Integer.class))
                .isZero();
    }

    @Test
    void aPublicationThatWouldFailFailsTheDryRun() {
        long id = deadLetter("one");
        behaviour = message -> instance.getBean(MessagePublisher.class).publish("not a topic", "k", "v");
        assertFails(id, Stage.HANDLER, "io.reliablemessaging.InvalidMessageException");
        behaviour = message ->
                instance.getBean(MessagePublisher.class).publish(app.topic, "k", new byte[2 << 20]); // preflight
        assertThat(letters.dryRun(id, "olive")).isInstanceOf(WouldFail.class);
    }

    @Test
    void aTransactionBesideItsOwnIsRefusedEvenIfTheHandlerSwallowsThat() {
        long id = deadLetter("one");
        PlatformTransactionManager manager = instance.getBean(PlatformTransactionManager.class);
        PlatformTransactionManager other =
                new JdbcTransactionManager(new DelegatingDataSource(instance.getBean(DataSource.class)));
        for (TransactionTemplate beside : List.of(
                template(manager, TransactionDefinition.PROPAGATION_REQUIRES_NEW),
                template(manager, TransactionDefinition.PROPAGATION_NOT_SUPPORTED),
                template(other, TransactionDefinition.PROPAGATION_REQUIRED))) {
            AtomicInteger begun = new AtomicInteger();
            behaviour = message -> beside.executeWithoutResult(status -> begun.incrementAndGet());
            assertRefused(id, "REQUIRES_NEW");
            behaviour = message -> swallow(() -> beside.executeWithoutResult(status -> begun.incrementAndGet()));
            assertRefused(id, "REQUIRES_NEW");
            assertThat(begun).hasValue(0);
        }
        behaviour = message -> new TransactionTemplate(manager).executeWithoutResult(status -> {}); // it joins
        assertThat(letters.dryRun(id, "olive")).isInstanceOf(WouldSucceed.class);
        // what a dry run refuses is refused nowhere else
        behaviour = message -> template(manager, TransactionDefinition.PROPAGATION_REQUIRES_NEW)
                .executeWithoutResult(status -> inHandler.update("insert into effect (value) values ('beside')"));
        letters.redrive(id, "olive");
        await().until(() -> app.effects().containsAll(List.of("one", "beside")));
    }

    /** Such a callback runs after a failed attempt only, so it does not decide the outcome; but what it writes would stay. */
    @Test
    void aTransactionAfterTheRollbackIsRefusedAndDoesNotChangeTheOutcome() {
        long id = deadLetter("one");
        TransactionTemplate beside = template(
                instance.getBean(PlatformTransactionManager.class), TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        List<Throwable> refused = new ArrayList<>();
        behaviour =
                message -> TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                    @Override
                    public void afterCompletion(int status) {
                        try {
                            beside.executeWithoutResult(
                                    each -> inHandler.update("insert into effect (value) values ('beside')"));
                        } catch (RuntimeException e) {
                            refused.add(e);
                        }
                    }
                });
        assertThat(letters.dryRun(id, "olive")).isInstanceOf(WouldSucceed.class);
        assertThat(refused).hasSize(1);
        assertThat(app.effects()).isEmpty();
    }

    @Test
    void whatNoRollbackTakesBackIsRefusedEvenIfTheHandlerSwallowsThat() {
        long id = deadLetter("one");
        String topic = app.topic + ".sent";
        behaviour = message -> swallow(() -> instance.getBean(MessageSender.class)
                .send(OutgoingMessage.to(topic).payload("lost").build()));
        assertRefused(id, "MessageSender");
        behaviour = message -> swallow(() -> letters.discard(id, "a test", "olive"));
        assertRefused(id, "a command of this library");
        behaviour = message -> swallow(() ->
                instance.getBean(OutboxReplay.class).replay(app.topic, "one", Instant.EPOCH, Instant.now(), "olive"));
        assertRefused(id, "command (replay)");
        assertThat(letter(id).state()).isEqualTo(DeadLetter.State.DEAD);
        assertThat(new KafkaTopic(app.bootstrapServers(), app.topic).values()).containsOnlyOnce("one");
        behaviour = message -> {};
        assertThat(letters.dryRun(id, "olive")).isInstanceOf(WouldSucceed.class);
    }

    @Test
    void withoutItsConfigurationItIsRefusedWithTheSetting() {
        long id = deadLetter("one");
        app.sql()
                .update(
                        "update reliable_messaging.parked_message set consumer_group = 'unsaid', topic = 'unsaid'"
                                + " where id = ?",
                        id);
        assertRefused(
                id,
                "The configuration of listener unsaid does not say that its handler has no effects outside the database");
        assertRefused(id, "reliable-messaging.listeners[unsaid].dry-run=true");
        app.sql().update("update reliable_messaging.parked_message set consumer_group = 'gone' where id = ?", id);
        assertRefused(id, "no listener of group gone for topic unsaid");
        assertThat(count("operation_log where action like 'dry%'")).isZero();
        assertThatExceptionOfType(DeadLetterNotChangedException.class)
                .isThrownBy(() -> letters.dryRun(id + 1000, "olive"))
                .withMessageContaining("there is none with this number");
    }

    @Test
    void theCallersTransactionIsNotJoined() {
        long id = deadLetter("one");
        behaviour = message -> {};
        new TransactionTemplate(instance.getBean(PlatformTransactionManager.class)).executeWithoutResult(status -> {
            inHandler.update("insert into effect (value) values ('of the caller')");
            assertThat(letters.dryRun(id, "olive")).isInstanceOf(WouldSucceed.class);
        });
        assertThat(app.effects()).containsExactly("of the caller");
    }

    @Test
    void nobodyWaitsForIt() throws Exception {
        long id = deadLetter("one");
        CountDownLatch called = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        behaviour = message -> {
            called.countDown();
            mayEnd.await();
        };
        CompletableFuture<DryRun> outcome =
                CompletableFuture.supplyAsync(() -> letters.dryRun(id, "olive"), Threads.NEW);
        called.await();
        letters.discard(id, "a test", "olive");
        mayEnd.countDown();
        assertThat(outcome.get()).isInstanceOf(WouldSucceed.class);
    }

    @Test
    void aBatchHandlerGetsABatchOfOneAndALimit() {
        try (ListenerInstances batches = new ListenerInstances()) {
            batches.behaving(message -> {
                throw new IllegalStateException("broken");
            });
            ConfigurableApplicationContext started = batches.start(
                    "reliable-messaging.listener.max-attempts=1",
                    "reliable-messaging.listeners.tested.transaction=batch",
                    "reliable-messaging.listeners.tested.transaction-timeout=2s",
                    "reliable-messaging.listeners.tested.dry-run=true");
            batches.publish("k", "one");
            await().until(() -> batches.parked("DEAD").size() == 1);
            DeadLetters theirs = started.getBean(DeadLetters.class);
            long id = theirs.find(DeadLetterQuery.dead()).get(0).id();
            batches.behaving(message -> {});
            assertThat(theirs.dryRun(id, "olive")).isInstanceOf(WouldSucceed.class);
            batches.behaving(message -> started.getBean(JdbcTemplate.class).execute("select pg_catalog.pg_sleep(60)"));
            assertThat(theirs.dryRun(id, "olive")).isInstanceOfSatisfying(WouldFail.class, failure -> {
                assertThat(failure.errorClass()).isEqualTo(TransactionTimedOutException.class.getName());
                assertThat(failure.took()).isLessThan(Duration.ofSeconds(60));
            });
            assertThat(batches.effects()).isEmpty();
        }
    }

    private void assertFails(long id, Stage stage, String errorClass) {
        assertThat(letters.dryRun(id, "olive")).isInstanceOfSatisfying(WouldFail.class, failure -> {
            assertThat(failure.stage()).isEqualTo(stage);
            if (errorClass != null) {
                assertThat(failure.errorClass()).isEqualTo(errorClass);
            }
        });
    }

    private void assertRefused(long id, String reason) {
        assertThat(letters.dryRun(id, "olive"))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).contains(reason));
    }

    private static void swallow(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            assertThat(e).isNotInstanceOfAny(DataAccessException.class, UnexpectedRollbackException.class);
        }
    }

    private static TransactionTemplate template(PlatformTransactionManager manager, int propagation) {
        TransactionTemplate template = new TransactionTemplate(manager);
        template.setPropagationBehavior(propagation);
        return template;
    }

    private long deadLetter(String value) {
        behaviour = message -> {
            throw new IllegalStateException("broken");
        };
        app.publish(value, value);
        await().until(() -> app.parked("DEAD").contains(value));
        return letters.find(DeadLetterQuery.dead().key(value)).get(0).id();
    }

    private DeadLetter letter(long id) {
        return letters.get(id).orElseThrow().letter();
    }

    private static Recorder recorder() {
        return app.recorder(0);
    }

    private static long count(String table) {
        Long count = app.sql().queryForObject("select count(*) from reliable_messaging." + table, Long.class);
        return count == null ? 0 : count;
    }
}
