package io.reliablemessaging.faults;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.RedriveJob;
import io.reliablemessaging.RedriveJobs;
import io.reliablemessaging.RedriveRequest;
import io.reliablemessaging.faults.bank.Bank;
import io.reliablemessaging.faults.bank.Ledger;
import io.reliablemessaging.faults.bank.Transfer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.support.TransactionTemplate;

/** An instance of the bank in this JVM, with no fault on it: it publishes what we tell it, be it too large for its topic, and neither sends nor listens. */
final class Operator implements AutoCloseable {

    private static final ThreadLocal<CountDownLatch> GATE = new ThreadLocal<>();

    private final ConfigurableApplicationContext bank;
    private final AtomicInteger held = new AtomicInteger();

    Operator(Site site) {
        bank = new SpringApplicationBuilder(Bank.class, Unchecked.class)
                .registerShutdownHook(false)
                .run(site.directArguments("operator", "reliable-messaging.relay.enabled=false")
                        .toArray(String[]::new));
        // added after the library's own, and so called after it: the messages are written, the commit is not
        bank.getBean(JpaTransactionManager.class).addListener(new TransactionExecutionListener() {
            @Override
            public void beforeCommit(TransactionExecution transaction) {
                if (GATE.get() != null) {
                    awaitUninterruptibly(GATE.get());
                }
            }
        });
    }

    /** Publishes one message, in a transaction of its own. */
    void post(Transfer transfer) {
        post(List.of(transfer));
    }

    /** Publishes messages in one transaction. */
    void post(List<Transfer> transfers) {
        post("transfers", transfers);
    }

    /** Publishes messages to one of the bank's topics in one transaction. */
    void post(String topic, List<Transfer> transfers) {
        Ledger ledger = bank.getBean(Ledger.class);
        transaction()
                .executeWithoutResult(status -> transfers.forEach(transfer -> ledger.post(topic, transfer, "POSTED")));
    }

    private TransactionTemplate transaction() {
        return new TransactionTemplate(bank.getBean(JpaTransactionManager.class));
    }

    /** Reads all dead letters. */
    void deadLetters(Consumer<DeadLetter> reader) {
        DeadLetters letters = bank.getBean(DeadLetters.class);
        List<DeadLetter> page = letters.find(DeadLetterQuery.dead());
        while (!page.isEmpty()) {
            page.forEach(reader);
            page = letters.find(
                    DeadLetterQuery.dead().after(page.get(page.size() - 1).id()));
        }
    }

    /** Repairs the cause of a few dead letters, and starts a job that has them handled again. */
    void redrive(int few) {
        JdbcClient jdbc = bank.getBean(JdbcClient.class);
        List<DeadLetter> letters =
                bank.getBean(DeadLetters.class).find(DeadLetterQuery.dead().limit(few));
        for (DeadLetter letter : letters) {
            jdbc.sql("insert into bank.repaired values (:token) on conflict do nothing")
                    .param("token", letter.messageId().value())
                    .update();
        }
        if (!letters.isEmpty()) {
            RedriveRequest request = RedriveRequest.of(DeadLetterQuery.dead()
                            .after(letters.get(0).id() - 1)
                            .limit(letters.size()))
                    .mostRounds(null); // chance may choose the same one often
            var unused = bank.getBean(RedriveJobs.class).start(request, "they were repaired", "the operator");
        }
    }

    /** Starts a job that has all dead letters of today handled again. */
    RedriveJob startRedrive(int perSecond) {
        return bank.getBean(RedriveJobs.class)
                .start(
                        RedriveRequest.of(DeadLetterQuery.dead()).perSecond(perSecond),
                        "they were repaired",
                        "the operator");
    }

    /** Reads what has become of a job. */
    RedriveJob job(RedriveJob started) {
        return bank.getBean(RedriveJobs.class).get(started.id()).orElseThrow();
    }

    /** Has all that is in quarantine now sent again. */
    void release() {
        OutboxQuarantine quarantine = bank.getBean(OutboxQuarantine.class);
        quarantine.find().stream()
                .filter(key -> !key.released())
                .forEach(key -> quarantine.release(key.topic(), key.key(), "the operator"));
    }

    /** A transaction to be kept open. */
    Held held() {
        return new Held("l" + held.getAndIncrement() % Site.KEYS);
    }

    /** A transaction that has written its message and is kept from committing. */
    final class Held {

        private final String key;
        private final CountDownLatch gate = new CountDownLatch(1);
        private CompletableFuture<Void> ended = CompletableFuture.completedFuture(null);

        private Held(String key) {
            this.key = key;
        }

        void begin() {
            ended = CompletableFuture.runAsync(this::run, new SimpleAsyncTaskExecutor("late-"));
        }

        /** Lets it commit, and waits for that; what has become of it the history knows. */
        void commit() {
            gate.countDown();
            var unused = ended.handle((done, failure) -> null).join();
        }

        private void run() {
            GATE.set(gate);
            new TransactionTemplate(bank.getBean(JpaTransactionManager.class))
                    .executeWithoutResult(
                            status -> bank.getBean(Ledger.class).post("transfers", Transfer.of(key), "LATE"));
        }
    }

    @Override
    public void close() {
        bank.close();
    }

    private static void awaitUninterruptibly(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
