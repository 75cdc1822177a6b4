package io.reliablemessaging.faults;

import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.QuarantinedKey;
import io.reliablemessaging.faults.bank.Bank;
import io.reliablemessaging.faults.bank.Ledger;
import io.reliablemessaging.faults.bank.Transfer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A person at instances of the bank that run in this JVM and do not listen: releases what is in quarantine, and keeps
 * transactions open.
 */
final class Operator implements AutoCloseable {

    private static final ThreadLocal<CountDownLatch> GATE = new ThreadLocal<>();

    private final Site site;
    private final ConfigurableApplicationContext bank;
    private ConfigurableApplicationContext clerk;
    private final AtomicInteger held = new AtomicInteger();

    Operator(Site site) {
        this.site = site;
        this.bank = start("operator", false);
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

    /** Says yes to all that is in quarantine, which only an instance that also sends can do. */
    void releaseQuarantine() {
        if (clerk == null) {
            clerk = start("clerk", true);
        }
        OutboxQuarantine quarantine = clerk.getBean(OutboxQuarantine.class);
        for (QuarantinedKey key : quarantine.find()) {
            if (!key.released()) {
                quarantine.release(key.topic(), key.key(), "the operator");
            }
        }
    }

    private ConfigurableApplicationContext start(String name, boolean sends) {
        return new SpringApplicationBuilder(Bank.class)
                .registerShutdownHook(false)
                .run(site.directArguments(name, "reliable-messaging.relay.enabled=" + sends)
                        .toArray(String[]::new));
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
        if (clerk != null) {
            clerk.close();
        }
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
