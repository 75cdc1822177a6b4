package io.reliablemessaging.lanes;

import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.ReadableLogger;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Listens for notices of messages that other instances have committed to our lanes, on a connection that it keeps open.
 * Without a connection, the lanes are polled.
 */
public final class LaneNoticeListener implements Runnable {

    private static final Logger log = ReadableLogger.of(LaneNoticeListener.class);
    private static final Duration PAUSE_AFTER_TROUBLE = Duration.ofSeconds(1);

    // a thread that reads from a socket cannot be woken, so this bounds the wait for its end
    private static final int LISTEN_MILLIS = 250;
    private static final int ANSWER_MILLIS = 10_000;
    private static final long CHECK_NANOS = Duration.ofSeconds(30).toNanos();

    private final DataSource autoCommit;
    private final String listenShared;
    private final String listenOwn;
    private final PollSchedule pollSchedule;
    private final Supplier<Set<Integer>> ours;
    private final OutboxSignal signal;
    private final Runnable sharesChanged;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final EnduringThread enduringThread;

    /**
     * Creates a listener.
     *
     * @param pollSchedule knows our channel, and is told of notices
     * @param ours returns our lanes
     * @param signal woken when messages wait in our lanes, or may do so
     * @param sharesChanged called when lanes have become free, or a new instance has started
     */
    public LaneNoticeListener(
            DataSource autoCommit,
            Schema schema,
            PollSchedule pollSchedule,
            Supplier<Set<Integer>> ours,
            OutboxSignal signal,
            Runnable sharesChanged,
            Infrastructure infrastructure) {
        this.sharesChanged = sharesChanged;
        this.autoCommit = autoCommit;
        this.pollSchedule = pollSchedule;
        // used by earlier versions, and by all instances while our own channel is not known to work
        this.listenShared = "listen " + LaneNotice.channel(schema);
        this.listenOwn = "listen " + pollSchedule.channel();
        this.ours = ours;
        this.signal = signal;
        this.enduringThread = new EnduringThread(
                "Notices of other instances are not received, and their messages are found by polling",
                new FailureLog(
                        log,
                        Level.WARN,
                        infrastructure,
                        "Notices of other instances are not received; their messages are found by polling, and LISTEN is retried. Check the database",
                        "Messages of other instances are announced again"));
    }

    public void stop() {
        stopped.countDown();
    }

    private boolean isRunning() {
        return stopped.getCount() > 0;
    }

    /** Returns the Error that prevents listening; null if there is none. */
    @Nullable
    public String trouble() {
        return enduringThread.trouble();
    }

    @Override
    public void run() {
        while (isRunning()) {
            boolean ended = enduringThread.tryRun(this::listen);
            pollSchedule.noteConnectionLost();
            signal.wake(); // the relay polls more often from now on
            if (!ended) {
                pause();
            }
        }
    }

    private void listen() throws SQLException {
        try (Connection connection = autoCommit.getConnection()) {
            if (!connection.isWrapperFor(PGConnection.class)) {
                log.warn(
                        "The data source hides PostgreSQL's own connections, so LISTEN is impossible: messages of other instances"
                                + " are found by polling. If that is intended, set reliable-messaging.relay.notify=false");
                stop();
                return;
            }
            listen(connection, connection.unwrap(PGConnection.class));
        }
    }

    private void listen(Connection connection, PGConnection driver) throws SQLException {
        connection.setNetworkTimeout(
                Runnable::run, ANSWER_MILLIS); // for the statements; reading notices has its own timeout
        try (Statement statement = connection.createStatement()) {
            statement.execute(listenShared);
            statement.execute(listenOwn);
            signal.wake(); // for messages announced while it did not listen
            sharesChanged.run(); // for instances that came or went meanwhile
            enduringThread.noteWorking();
            long nextCheck = System.nanoTime() + CHECK_NANOS;
            while (isRunning()) {
                handle(notices(statement, driver));
                if (System.nanoTime() - nextCheck >= 0 && !pollSchedule.isListening()) {
                    statement.execute(listenOwn); // a silent connection may be a dead one
                    nextCheck = System.nanoTime() + CHECK_NANOS;
                }
            }
            statement.execute("unlisten *");
        }
    }

    // the pool does not see failures of the driver, and would lend the broken connection again; a statement through the
    // pool shows it
    private PGNotification[] notices(Statement pooled, PGConnection driver) throws SQLException {
        try {
            return driver.getNotifications(LISTEN_MILLIS);
        } catch (SQLException e) {
            pooled.execute(listenOwn);
            throw e;
        }
    }

    private void handle(PGNotification[] notices) {
        boolean messagesWait = false;
        for (PGNotification notice : notices) {
            String payload = notice.getParameter();
            if (notice.getName().equals(pollSchedule.channel())) {
                pollSchedule.noteHeard();
                if (payload.equals(LaneNotice.PROOF)) {
                    continue;
                }
            }
            if (payload.equals(LaneNotice.SHARES)) {
                sharesChanged.run();
                continue;
            }
            if (LaneNotice.hasDelayed(payload)) {
                signal.wakeForDelayed();
            }
            messagesWait |= LaneNotice.concerns(payload, ours.get());
        }
        if (messagesWait) {
            signal.wake();
        }
    }

    private void pause() {
        try {
            var unused = stopped.await(PAUSE_AFTER_TROUBLE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            stop();
            Thread.currentThread().interrupt();
        }
    }
}
