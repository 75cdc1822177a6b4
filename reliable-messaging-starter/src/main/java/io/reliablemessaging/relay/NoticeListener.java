package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.LaneNotice;
import io.reliablemessaging.outbox.OutboxSignal;
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
 * Hears what other instances have committed into our lanes, on a connection that it keeps. While there is none, the lanes are
 * polled.
 */
final class NoticeListener implements Runnable {

    private static final Logger log = ReadableLogger.of(NoticeListener.class);
    private static final Duration PAUSE_AFTER_TROUBLE = Duration.ofSeconds(1);

    // a thread that reads from a socket cannot be woken: how long stopping may have to wait
    private static final int LISTEN_MILLIS = 250;
    private static final int ANSWER_MILLIS = 10_000;
    private static final long CHECK_NANOS = Duration.ofSeconds(30).toNanos();

    private final DataSource autoCommit;
    private final String listenToAll;
    private final String listen;
    private final Attention attention;
    private final Supplier<Set<Integer>> ours;
    private final OutboxSignal signal;
    private final Runnable sharesChanged;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Endurance endurance;

    /**
     * Makes a listener.
     *
     * @param attention where to hear, and who is told that something was heard
     * @param ours the lanes that are ours
     * @param signal woken when messages wait in them, or may do
     * @param sharesChanged called when lanes have become free, or another instance has come
     */
    NoticeListener(
            DataSource autoCommit,
            Schema schema,
            Attention attention,
            Supplier<Set<Integer>> ours,
            OutboxSignal signal,
            Runnable sharesChanged,
            Infrastructure infrastructure) {
        this.sharesChanged = sharesChanged;
        this.autoCommit = autoCommit;
        this.attention = attention;
        // of earlier versions, and of all while nobody knows whether we hear our own
        this.listenToAll = "listen " + LaneNotice.channel(schema);
        this.listen = "listen " + attention.channel();
        this.ours = ours;
        this.signal = signal;
        this.endurance = new Endurance(
                "Other instances are not heard, and their messages found by polling",
                new FailureLog(
                        log,
                        Level.WARN,
                        infrastructure,
                        "Other instances are not heard, and their messages found by polling, for now",
                        "Messages of other instances are announced again"));
    }

    void stop() {
        stopped.countDown();
    }

    private boolean isRunning() {
        return stopped.getCount() > 0;
    }

    /** The Error that keeps it from hearing; null if there is none. */
    @Nullable
    String trouble() {
        return endurance.trouble();
    }

    @Override
    public void run() {
        while (isRunning()) {
            boolean wasHeard = endurance.did(this::hear);
            attention.lost();
            signal.wake(); // it looks more often from now on
            if (!wasHeard) {
                pause();
            }
        }
    }

    private void hear() throws SQLException {
        try (Connection connection = autoCommit.getConnection()) {
            if (!connection.isWrapperFor(PGConnection.class)) {
                log.warn("The data source hides PostgreSQL's own connections: messages of other instances are found by"
                        + " polling. reliable-messaging.relay.notify=false says that this is meant");
                stop();
                return;
            }
            hear(connection, connection.unwrap(PGConnection.class));
        }
    }

    private void hear(Connection connection, PGConnection heard) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, ANSWER_MILLIS); // for the statements; listening has its own
        try (Statement statement = connection.createStatement()) {
            statement.execute(listenToAll);
            statement.execute(listen);
            signal.wake(); // for what was announced while nobody listened
            endurance.works();
            long nextCheck = System.nanoTime() + CHECK_NANOS;
            while (isRunning()) {
                take(notices(statement, heard));
                if (System.nanoTime() - nextCheck >= 0 && !attention.hears()) {
                    statement.execute(listen); // a silent connection may be a dead one
                    nextCheck = System.nanoTime() + CHECK_NANOS;
                }
            }
            statement.execute("unlisten *");
        }
    }

    // the pool does not see what fails on its connection's driver, and would lend a broken connection to the next
    // who asks
    private PGNotification[] notices(Statement pooled, PGConnection heard) throws SQLException {
        try {
            return heard.getNotifications(LISTEN_MILLIS);
        } catch (SQLException e) {
            pooled.execute(listen);
            throw e;
        }
    }

    private void take(PGNotification[] notices) {
        boolean concerned = false;
        for (PGNotification notice : notices) {
            String payload = notice.getParameter();
            if (notice.getName().equals(attention.channel())) {
                attention.heard();
                if (payload.equals(LaneNotice.PROOF)) {
                    continue;
                }
            }
            if (payload.equals(LaneNotice.SHARES)) {
                sharesChanged.run();
                continue;
            }
            if (LaneNotice.hasDelayed(payload)) {
                signal.delayed();
            }
            concerned |= LaneNotice.concerns(payload, ours.get());
        }
        if (concerned) {
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
