package io.reliablemessaging.outbox;

import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.ReadableLogger;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor.DiscardPolicy;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Tells other instances that messages wait in their lanes. On a thread and a connection of its own: a NOTIFY in the business
 * transaction would make all commits of the database queue up behind one lock. If it fails, the messages are found by
 * polling.
 */
final class LaneNotices implements DisposableBean {

    private static final Logger log = ReadableLogger.of(LaneNotices.class);

    // with the number of lanes: if it has grown, only this notice names lanes that are not the right ones
    private static final String NOTIFY =
            "select pg_notify(:channel, :payload), lanes from reliable_messaging.application";

    // all that is committed within it goes with one notice
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long STOP_SECONDS = 1;

    private final JdbcClient jdbc;
    private final Lanes lanes;
    private final String notify;
    private final String channel;
    private final ScheduledThreadPoolExecutor thread;
    private Set<Integer> waiting = new HashSet<>();
    private long next = System.nanoTime();
    private final FailureLog failures;

    LaneNotices(DataSource autoCommit, Schema schema, Lanes lanes, Infrastructure infrastructure) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.lanes = lanes;
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "Messages for other instances cannot be announced; they look by themselves",
                "Messages for other instances are announced again");
        this.notify = schema.in(NOTIFY);
        this.channel = LaneNotice.channel(schema);
        CustomizableThreadFactory threads = new CustomizableThreadFactory("rm-notices-");
        threads.setDaemon(true); // made by the first publish, and must not keep a program alive that has ended
        this.thread = new ScheduledThreadPoolExecutor(1, threads, new DiscardPolicy());
    }

    /** Takes note of lanes; they are announced soon. */
    synchronized void announce(Set<Integer> lanes) {
        boolean planned = !waiting.isEmpty();
        waiting.addAll(lanes);
        if (!planned && !waiting.isEmpty()) {
            long delay = Math.max(0, next - System.nanoTime());
            var unused = thread.schedule(this::send, delay, TimeUnit.NANOSECONDS);
        }
    }

    private synchronized LaneNotice take() {
        LaneNotice notice = new LaneNotice(waiting);
        waiting = new HashSet<>();
        next = System.nanoTime() + PAUSE_NANOS;
        return notice;
    }

    private void send() {
        try {
            LaneNotice notice = take(); // first: whatever happens, the next one is planned again
            int stored = jdbc.sql(notify)
                    .param("channel", channel)
                    .param("payload", notice.payload())
                    .query((row, number) -> row.getInt("lanes"))
                    .single();
            lanes.update(stored);
            failures.worked();
        } catch (Throwable t) {
            failures.failed(t);
        }
    }

    /** What was committed last is still announced. */
    @Override
    public void destroy() throws InterruptedException {
        thread.shutdown();
        if (!thread.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
            thread.shutdownNow();
        }
    }
}
