package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.LaneNotice;
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
    private final String listen;
    private final Supplier<Set<Integer>> ours;
    private final Runnable wake;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final FailureLog failures;

    /**
     * Makes a listener.
     *
     * @param ours the lanes that are ours
     * @param wake called when messages wait in them, or may do
     */
    NoticeListener(
            DataSource autoCommit,
            Schema schema,
            Supplier<Set<Integer>> ours,
            Runnable wake,
            Infrastructure infrastructure) {
        this.autoCommit = autoCommit;
        this.listen = "listen " + LaneNotice.channel(schema);
        this.ours = ours;
        this.wake = wake;
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "Other instances are not heard, and their messages found by polling, for now",
                "Messages of other instances are announced again");
    }

    void stop() {
        stopped.countDown();
    }

    private boolean isRunning() {
        return stopped.getCount() > 0;
    }

    @Override
    public void run() {
        while (isRunning()) {
            try (Connection connection = autoCommit.getConnection()) {
                if (!connection.isWrapperFor(PGConnection.class)) {
                    log.warn(
                            "The data source hides PostgreSQL's own connections: messages of other instances are found by"
                                    + " polling. reliable-messaging.relay.notify=false says that this is meant");
                    return;
                }
                hear(connection, connection.unwrap(PGConnection.class));
            } catch (Throwable t) { // an Error, too: nobody would start this thread again
                trouble(t);
            }
        }
    }

    private void hear(Connection connection, PGConnection heard) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, ANSWER_MILLIS); // for the statements; listening has its own
        try (Statement statement = connection.createStatement()) {
            statement.execute(listen);
            works();
            long nextCheck = System.nanoTime() + CHECK_NANOS;
            while (isRunning()) {
                wakeIfConcerned(notices(statement, heard));
                if (System.nanoTime() - nextCheck >= 0) {
                    statement.execute(listen); // a silent connection may be a dead one
                    nextCheck = System.nanoTime() + CHECK_NANOS;
                }
            }
            statement.execute("unlisten *");
        }
    }

    // the pool does not see what fails on its connection's driver, and would lend a broken connection to the next who
    // asks
    private PGNotification[] notices(Statement pooled, PGConnection heard) throws SQLException {
        try {
            return heard.getNotifications(LISTEN_MILLIS);
        } catch (SQLException e) {
            pooled.execute(listen);
            throw e;
        }
    }

    private void works() {
        wake.run(); // for what was announced while nobody listened
        failures.worked();
    }

    private void wakeIfConcerned(PGNotification[] notices) {
        Set<Integer> lanes = ours.get();
        for (PGNotification notice : notices) {
            if (LaneNotice.concerns(notice.getParameter(), lanes)) {
                wake.run();
                return;
            }
        }
    }

    private void trouble(Throwable thrown) {
        failures.failed(thrown);
        try {
            var unused = stopped.await(PAUSE_AFTER_TROUBLE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            stop();
            Thread.currentThread().interrupt();
        }
    }
}
