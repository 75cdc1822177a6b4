package io.reliablemessaging.deadletter;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.DeadLetterDetails;
import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.deadletter.MakeDeadTransaction.Order;
import io.reliablemessaging.schema.Schema;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** What people say about dead letters. */
final class DeadLetterOperations implements DeadLetters {

    private static final String REDRIVEN = "redriven";

    // all are due at once, and keep the order in which they became dead letters as far as keys can
    private static final double AT_ONCE = 1e-6;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final DeadLetterReader reader;
    private final Decisions decisions;
    private final MakeDead makeDead;
    private final ParkedSignal signal;
    private final MessagingObserver observer;

    DeadLetterOperations(
            DataSource autoCommit, Schema schema, MakeDead makeDead, ParkedSignal signal, MessagingObserver observer) {
        this.makeDead = makeDead;
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.reader = new DeadLetterReader(autoCommit, schema);
        this.decisions = new Decisions(jdbc, schema, transactions(autoCommit));
        this.signal = signal;
        this.observer = observer;
    }

    // each statement must see what those before it have waited for, whatever the host's default is
    static TransactionTemplate transactions(DataSource autoCommit) {
        TransactionTemplate transactions = new TransactionTemplate(new JdbcTransactionManager(autoCommit));
        transactions.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
        return transactions;
    }

    @Override
    public List<DeadLetter> find(DeadLetterQuery query) {
        return reader.find(query);
    }

    @Override
    public long count(DeadLetterQuery query) {
        return reader.count(query);
    }

    @Override
    public Optional<DeadLetterDetails> get(long id) {
        return reader.get(id);
    }

    @Override
    public void redrive(long id, String who) {
        one(REDRIVEN, id, new Redrive(jdbc, schema, named(who), AT_ONCE));
        observer.redriven(1);
    }

    @Override
    public int redrive(DeadLetterQuery query, String who) {
        return redrive(query, new Redrive(jdbc, schema, named(who), AT_ONCE));
    }

    @Override
    public int redrive(DeadLetterQuery query, int perSecond, String who) {
        if (perSecond < 1) {
            throw new IllegalArgumentException(
                    "A rate of %d messages a second would never end; it must be at least 1".formatted(perSecond));
        }
        return redrive(query, new Redrive(jdbc, schema, named(who), 1.0 / perSecond));
    }

    @Override
    public void editAndRedrive(long id, byte[] payload, String who) {
        Objects.requireNonNull(
                payload, "The new payload is null. A message that is not to be handled as it is can be discarded");
        one("edited", id, new Edit(jdbc, schema, payload, named(who)));
        observer.redriven(1);
    }

    @Override
    public void discard(long id, String reason, String who) {
        one("discarded", id, new Discard(jdbc, schema, named(who), given(reason)));
    }

    @Override
    public int discard(DeadLetterQuery query, String reason, String who) {
        if (query.state() == State.WAITING) {
            throw new IllegalArgumentException(
                    "Only dead letters can be discarded, and the query asks for messages that still wait for an attempt");
        }
        return all(query.state(State.DEAD), new Discard(jdbc, schema, named(who), given(reason)));
    }

    @Override
    public void makeDead(long id, String reason, String who) {
        boolean unused = makeDead.one(id, new Order(named(who), given(reason)));
        signal.wake();
    }

    @Override
    public int makeDead(DeadLetterQuery query, String reason, String who) {
        if (query.state() == State.DEAD) {
            throw new IllegalArgumentException(
                    "Only messages that wait can be made dead letters, and the query asks for those that are dead");
        }
        MakeAllDead decision = new MakeAllDead(makeDead, new Order(named(who), given(reason)));
        int made = all(query.state(State.WAITING), decision);
        if (decision.inUse() > 0) {
            throw new DeadLetterNotChangedException(
                    ("%d messages are as they were, because handlers have them right now; %d others are dead letters now. Give"
                                    + " the command again for the rest. One whose handler never returns can be made a dead"
                                    + " letter by its number")
                            .formatted(decision.inUse(), made));
        }
        return made;
    }

    private int redrive(DeadLetterQuery query, Redrive redrive) {
        int redriven = all(query, redrive);
        observer.redriven(redriven);
        return redriven;
    }

    private void one(String done, long id, Decision decision) {
        try {
            if (!decisions.aboutOne(id, decision)) {
                throw new DeadLetterNotChangedException(
                        "Dead letter %d was not %s: %s".formatted(id, done, reasonOf(id, done)));
            }
        } catch (PessimisticLockingFailureException e) {
            throw new DeadLetterNotChangedException(
                    "Dead letter %d was not %s: a message of its key is being handled right now. Try again later"
                            .formatted(id, done),
                    e);
        }
        signal.wake();
    }

    private int all(DeadLetterQuery query, Decision decision) {
        try {
            return decisions.aboutAll(query, decision);
        } finally {
            signal.wake();
        }
    }

    private String reasonOf(long id, String done) {
        Optional<DeadLetter> letter = reader.get(id).map(DeadLetterDetails::letter);
        if (letter.isEmpty()) {
            return "there is none of that number. It may have been handled or discarded since; table operation_log tells";
        }
        if (letter.get().held()) {
            return "it waits behind a dead letter that its key is held for. Redrive or discard that one first";
        }
        if (reader.isInPlace(id)) {
            return "it is retried at the head of its partition, where its listener waits for it. Wait until it is handled or dead";
        }
        return done.equals(REDRIVEN)
                ? "a message of its key is being handled right now"
                : "it is not dead, it waits for its next attempt. Wait until it is handled or dead";
    }

    private static String named(String who) {
        return required(who, "who", "The person or job that gives the command must be named");
    }

    private static String given(String reason) {
        return required(reason, "reason", "A reason must be given, for those who ask later");
    }

    private static String required(String text, String name, String message) {
        if (text == null || text.isBlank()) {
            throw new IllegalArgumentException(message + ": '" + name + "' is empty");
        }
        return text;
    }
}
