package io.reliablemessaging.deadletter;

import static io.reliablemessaging.operationlog.OperationLog.requireReason;
import static io.reliablemessaging.operationlog.OperationLog.requireWho;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.DeadLetterDetails;
import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.DryRun;
import io.reliablemessaging.FailureGroup;
import io.reliablemessaging.MessageEdit;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.deadletter.MakeDeadTransaction.Order;
import io.reliablemessaging.dryrun.MessageTrials;
import io.reliablemessaging.dryrun.StoredMessage;
import io.reliablemessaging.operationlog.OperationLog;
import io.reliablemessaging.schema.Schema;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Carries out the commands of people on dead letters and parked messages. */
final class DeadLetterOperations implements DeadLetters {

    private static final String REDRIVEN = "redriven";
    private static final String EDITED = "edited";

    // all become due at once, but in the order in which they became dead letters, as far as keys allow
    private static final double AT_ONCE = 1e-6;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final OperationLog log;
    private final DeadLetterReader reader;
    private final BulkCommands bulkCommands;
    private final MakeDead makeDead;
    private final ParkedSignal signal;
    private final MessagingObserver observer;
    private final MessageTrials trials;

    DeadLetterOperations(
            DataSource autoCommit,
            Schema schema,
            MakeDead makeDead,
            ParkedSignal signal,
            MessagingObserver observer,
            MessageTrials trials) {
        this.trials = trials;
        this.makeDead = makeDead;
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.log = new OperationLog(autoCommit, schema);
        this.reader = new DeadLetterReader(autoCommit, schema);
        this.bulkCommands = new BulkCommands(jdbc, schema, transactions(autoCommit));
        this.signal = signal;
        this.observer = observer;
    }

    // each statement must see what the statements before it have waited for, whatever the host's default isolation is
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
    public List<FailureGroup> groups(DeadLetterQuery query) {
        return reader.groups(query);
    }

    @Override
    public Optional<DeadLetterDetails> get(long id) {
        return reader.get(id);
    }

    @Override
    public void redrive(long id, String who) {
        redrive(id, logOf(who, null));
    }

    @Override
    public void redrive(long id, String reason, String who) {
        redrive(id, logOf(who, requireReason(reason)));
    }

    private void redrive(long id, CommandLog command) {
        applyToOne(REDRIVEN, id, redriveBy(command, AT_ONCE));
        observer.redriven(1);
    }

    @Override
    public int redrive(DeadLetterQuery query, String who) {
        return redrive(query, redriveBy(logOf(who, null), AT_ONCE));
    }

    @Override
    public int redrive(DeadLetterQuery query, int perSecond, String who) {
        if (perSecond < 1) {
            throw new IllegalArgumentException(
                    "A rate of %d messages a second would never end; it must be at least 1".formatted(perSecond));
        }
        return redrive(query, redriveBy(logOf(who, null), 1.0 / perSecond));
    }

    @Override
    public void editAndRedrive(long id, byte[] payload, String who) {
        Objects.requireNonNull(payload, "The new payload is null. To give up the message, discard it");
        edit(id, MessageEdit.payload(payload), logOf(who, null));
    }

    @Override
    public void editAndRedrive(long id, MessageEdit edit, String reason, String who) {
        edit(id, edit, logOf(who, requireReason(reason)));
    }

    // converted and validated before anything is locked: that is code of the application
    private void edit(long id, MessageEdit edit, CommandLog command) {
        StoredMessage before = stored(id, EDITED);
        Edit.Change change = new Edit.Change(before, trials.edit(before, edit));
        applyToOne(EDITED, id, new Edit(jdbc, schema, command, change, redriveBy(command, AT_ONCE)));
        observer.redriven(1);
    }

    @Override
    public DryRun dryRun(long id, MessageEdit edit, String who) {
        return dryRun(id, edit, logOf(who, null));
    }

    @Override
    public DryRun dryRun(long id, MessageEdit edit, String reason, String who) {
        return dryRun(id, edit, logOf(who, requireReason(reason)));
    }

    private DryRun dryRun(long id, MessageEdit edit, CommandLog command) {
        return trials.dryRun(stored(id, "tried out"), edit, () -> command.note("dry run of dead letter", List.of(id)));
    }

    private StoredMessage stored(long id, String done) {
        return reader.message(id).orElseThrow(() -> notChanged(id, done));
    }

    @Override
    public void discard(long id, String reason, String who) {
        applyToOne("discarded", id, new Discard(jdbc, schema, logOf(who, requireReason(reason))));
    }

    @Override
    public int discard(DeadLetterQuery query, String reason, String who) {
        if (query.state() == State.WAITING) {
            throw new IllegalArgumentException(
                    "Only dead letters can be discarded, and the query selects messages that still wait for an attempt");
        }
        return applyToAll(query.state(State.DEAD), new Discard(jdbc, schema, logOf(who, requireReason(reason))));
    }

    @Override
    public void makeDead(long id, String reason, String who) {
        boolean unused = makeDead.makeDead(id, new Order(requireWho(who), requireReason(reason)));
        signal.wake();
    }

    @Override
    public int makeDead(DeadLetterQuery query, String reason, String who) {
        if (query.state() == State.DEAD) {
            throw new IllegalArgumentException(
                    "Only parked messages can be made dead letters, and the query selects dead letters");
        }
        MakeAllDead decision = new MakeAllDead(makeDead, new Order(requireWho(who), requireReason(reason)));
        int made = applyToAll(query.state(State.WAITING), decision);
        if (decision.inUse() > 0) {
            throw new DeadLetterNotChangedException(
                    ("%d messages were not changed, because handlers have them right now; %d others are dead letters now. Give"
                                    + " the command again for the rest. A message whose handler never returns can be made a dead"
                                    + " letter by its number")
                            .formatted(decision.inUse(), made));
        }
        return made;
    }

    private Redrive redriveBy(CommandLog command, double spacing) {
        return Redrive.begin(jdbc, schema, command, spacing);
    }

    private int redrive(DeadLetterQuery query, Redrive redrive) {
        int redriven = applyToAll(query, redrive);
        observer.redriven(redriven);
        return redriven;
    }

    private void applyToOne(String done, long id, BulkCommands.Decision decision) {
        try {
            if (!bulkCommands.applyToOne(id, decision)) {
                throw notChanged(id, done);
            }
        } catch (PessimisticLockingFailureException e) {
            throw new DeadLetterNotChangedException(
                    "Dead letter %d was not %s: a message of its key is being handled right now. Try again later"
                            .formatted(id, done),
                    e);
        }
        signal.wake();
    }

    private int applyToAll(DeadLetterQuery query, BulkCommands.Decision decision) {
        try {
            return bulkCommands.applyToAll(query, decision);
        } finally {
            signal.wake();
        }
    }

    private DeadLetterNotChangedException notChanged(long id, String done) {
        return new DeadLetterNotChangedException(
                "Dead letter %d was not %s: %s".formatted(id, done, reasonOf(id, done)));
    }

    private String reasonOf(long id, String done) {
        Optional<DeadLetter> letter = reader.get(id).map(DeadLetterDetails::letter);
        if (letter.isEmpty()) {
            return "there is none with this number. It may have been handled or discarded; see table operation_log";
        }
        if (letter.get().held()) {
            return "it waits behind a dead letter that holds its key. Redrive or discard that dead letter first";
        }
        if (reader.isInPlace(id)) {
            return "it is retried at the head of its partition, where its listener waits for it. Wait until it is handled or a dead letter";
        }
        return done.equals(REDRIVEN)
                ? "a message of its key is being handled right now"
                : "it is not a dead letter yet, it waits for its next attempt. Wait until it is handled or a dead letter";
    }

    private CommandLog logOf(String who, @Nullable String reason) {
        return new CommandLog(jdbc, schema, log, requireWho(who), reason);
    }
}
