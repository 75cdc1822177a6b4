package io.reliablemessaging.faults.bank;

import io.reliablemessaging.MessageNotPublishedException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** The bank's business transactions, one method for each {@link Kind}. */
@Component
class Transfers {

    static final String TOPIC = "transfers";

    private static final int MOST_DELAY_MILLISECONDS = 10_000;

    private static final String NOTE = """
            with next as (update bank.account set seq = seq + 1 where id = :account returning seq)
            insert into bank.posting (token, topic, key, seq, failures, kind, instance)
            select :token, :topic, :key, seq, :failures, :kind, :instance from next
            """;

    private final Ledger ledger;
    private final JdbcClient jdbc;
    private final Diary diary;
    private final BankProperties properties;
    private final InstantSource clock = InstantSource.system();
    private final TransactionTemplate jpa;
    private final TransactionTemplate independent;
    private final TransactionTemplate outer;
    private final TransactionTemplate savepoint;

    Transfers(
            Ledger ledger,
            JdbcClient jdbc,
            Diary diary,
            BankProperties properties,
            JpaTransactionManager jpaTransactions,
            JdbcTransactionManager jdbcTransactions) {
        this.ledger = ledger;
        this.jdbc = jdbc;
        this.diary = diary;
        this.properties = properties;
        this.jpa = new TransactionTemplate(jpaTransactions);
        this.independent = new TransactionTemplate(jpaTransactions);
        this.independent.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        this.outer = new TransactionTemplate(jdbcTransactions);
        this.savepoint = new TransactionTemplate(jdbcTransactions);
        this.savepoint.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);
    }

    /** Ends a transaction, or a part of one, that is to leave nothing behind. */
    private static final class Regret extends RuntimeException {}

    void make(Kind kind, RandomGenerator random) {
        switch (kind) {
            case PLAIN -> plain(kind, transfer(random));
            case PUBLISHED_FIRST -> publishedFirst(kind, transfer(random));
            case SEVERAL -> several(kind, random);
            case DELAYED -> delayed(kind, random);
            case ROLLED_BACK -> rolledBack(transfer(random));
            case SAVEPOINT -> savepoint(kind, transfer(random));
            case OVERTAKEN -> overtaken(kind, transfer(random), random);
            case ABORTED -> aborted(kind, transfer(random));
            case REQUIRES_NEW -> requiresNew(kind, transfer(random), random);
        }
    }

    private Transfer transfer(RandomGenerator random) {
        return Transfer.any("k" + random.nextInt(properties.keys()), random);
    }

    private void plain(Kind kind, Transfer transfer) {
        jpa.executeWithoutResult(status -> ledger.post(TOPIC, transfer, kind.name()));
    }

    private void publishedFirst(Kind kind, Transfer transfer) {
        jpa.executeWithoutResult(status -> {
            ledger.publish(TOPIC, transfer, null);
            ledger.note(TOPIC, transfer, kind.name(), null);
        });
    }

    /** Accounts in one order, so that two of these do not wait for each other. */
    private void several(Kind kind, RandomGenerator random) {
        List<Transfer> transfers = IntStream.range(0, 2 + random.nextInt(6))
                .map(i -> random.nextInt(properties.keys()))
                .sorted()
                .mapToObj(key -> Transfer.any("k" + key, random))
                .toList();
        jpa.executeWithoutResult(status -> transfers.forEach(transfer -> ledger.post(TOPIC, transfer, kind.name())));
    }

    /** Whole milliseconds, as Kafka counts them. */
    private void delayed(Kind kind, RandomGenerator random) {
        Transfer transfer = Transfer.any("d" + random.nextInt(properties.keys()), random);
        Instant due =
                clock.instant().truncatedTo(ChronoUnit.MILLIS).plusMillis(random.nextInt(MOST_DELAY_MILLISECONDS));
        jpa.executeWithoutResult(status -> ledger.post(TOPIC, transfer, kind.name(), due));
    }

    private void rolledBack(Transfer transfer) {
        try {
            jpa.executeWithoutResult(status -> {
                ledger.post(TOPIC, transfer, "");
                throw new Regret();
            });
        } catch (Regret regret) {
            diary.note("rolled-back", transfer.token());
        }
    }

    /** The first is rolled back to a savepoint, the second, on the same account and so with the same number, is kept. */
    private void savepoint(Kind kind, Transfer dropped) {
        Transfer kept = Transfer.of(dropped.key());
        outer.executeWithoutResult(status -> {
            try {
                savepoint.executeWithoutResult(nested -> {
                    noteAndPublish(dropped, "");
                    throw new Regret();
                });
            } catch (Regret regret) {
                diary.note("rolled-back", dropped.token());
            }
            noteAndPublish(kept, kind.name());
        });
    }

    private void noteAndPublish(Transfer transfer, String kind) {
        jdbc.sql(NOTE)
                .param("account", Account.id(TOPIC, transfer.key()))
                .param("token", transfer.token())
                .param("topic", TOPIC)
                .param("key", transfer.key())
                .param("failures", transfer.failures())
                .param("kind", kind)
                .param("instance", properties.instance())
                .update();
        ledger.publish(TOPIC, transfer, null);
    }

    /** If nobody throws, the application believes that it has committed. */
    private void aborted(Kind kind, Transfer transfer) {
        try {
            outer.executeWithoutResult(status -> {
                noteAndPublish(transfer, kind.name());
                failUnnoticed();
            });
            diary.note("believed", transfer.token());
        } catch (MessageNotPublishedException refused) {
            diary.note("rolled-back", transfer.token());
        }
    }

    private void failUnnoticed() {
        try {
            jdbc.sql("insert into bank.account (id) values (null)").update();
        } catch (DataAccessException e) {
            // what many an application does
        }
    }

    private void overtaken(Kind kind, Transfer second, RandomGenerator random) {
        Transfer first = Transfer.any(second.key(), random);
        jpa.executeWithoutResult(status -> {
            ledger.publish(TOPIC, second, null);
            independent.executeWithoutResult(inner -> ledger.post(TOPIC, first, kind.name()));
            ledger.note(TOPIC, second, kind.name(), null);
        });
    }

    /** The inner one has accounts of its own: it must not wait for a lock that somebody holds who waits for the outer one. */
    private void requiresNew(Kind kind, Transfer dropped, RandomGenerator random) {
        Transfer kept = Transfer.any("i" + random.nextInt(properties.keys()), random);
        try {
            jpa.executeWithoutResult(status -> {
                ledger.post(TOPIC, dropped, "");
                independent.executeWithoutResult(inner -> ledger.post(TOPIC, kept, kind.name()));
                throw new Regret();
            });
        } catch (Regret regret) {
            diary.note("rolled-back", dropped.token());
        }
    }
}
