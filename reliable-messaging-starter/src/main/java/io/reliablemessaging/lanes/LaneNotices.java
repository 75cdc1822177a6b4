package io.reliablemessaging.lanes;

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
 * Notifies the owners of lanes that messages wait in them: each owner on its own channel, and only owners that may be
 * asleep. It uses its own thread and connection: a NOTIFY in the business transaction would make all commits of the
 * database queue for one lock. If a notice fails, polling finds the messages.
 */
public final class LaneNotices implements DisposableBean {

    private static final Logger log = ReadableLogger.of(LaneNotices.class);

    // Each owner on its own channel; an owner of an earlier version, or one that is not known to listen there, on the
    // shared channel. An owner that is awake is skipped, unless some messages are delayed. The result has the number of
    // lanes: if it has grown, only this one notice names wrong lanes.
    private static final String NOTIFY = """
            with told as (
                select coalesce(instance.channel, :everybody::text) as channel,
                       pg_catalog.string_agg(lane.lane::text, ',' order by lane.lane) as lanes
                  from reliable_messaging.relay_lane lane
                  left join reliable_messaging.relay_instance instance on instance.id = lane.owner
                 where lane.lane = any (:lanes::int[]) and lane.owner is not null
                   and (:delayed::boolean or instance.awake is not true)
                 group by 1)
            select (select pg_catalog.count(pg_catalog.pg_notify(channel,
                           lanes || case when :delayed::boolean then ',delayed' else '' end)) from told) as notices,
                   lanes
              from reliable_messaging.application
            """;

    // all commits within this time share one notice
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long STOP_SECONDS = 1;

    private final JdbcClient jdbc;
    private final Lanes lanes;
    private final String notify;
    private final String sharedChannel;
    private final ScheduledThreadPoolExecutor thread;
    private Set<Integer> waiting = new HashSet<>();
    private boolean delayed;
    private long next = System.nanoTime();
    private final FailureLog failures;

    public LaneNotices(DataSource autoCommit, Schema schema, Lanes lanes, Infrastructure infrastructure) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.lanes = lanes;
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "Messages for other instances cannot be announced; polling finds them later",
                "Messages for other instances are announced again");
        this.notify = schema.in(NOTIFY);
        this.sharedChannel = LaneNotice.channel(schema);
        CustomizableThreadFactory threads = new CustomizableThreadFactory("rm-notices-");
        threads.setDaemon(true); // started by the first publish, and must not keep a finished program alive
        this.thread = new ScheduledThreadPoolExecutor(1, threads, new DiscardPolicy());
    }

    private record Notice(Set<Integer> lanes, boolean delayed) {}

    /**
     * Queues a notice for the owners of these lanes.
     *
     * @param someDelayed whether some of the messages are delayed
     */
    public synchronized void announce(Set<Integer> lanes, boolean someDelayed) {
        boolean planned = !waiting.isEmpty();
        waiting.addAll(lanes);
        delayed |= someDelayed;
        if (!planned && !waiting.isEmpty()) {
            long delay = Math.max(0, next - System.nanoTime());
            try {
                var unused = thread.schedule(this::send, delay, TimeUnit.NANOSECONDS);
            } catch (Throwable t) { // no thread can be started: the caller has committed, so it must not fail
                waiting = new HashSet<>(); // otherwise no later notice would be scheduled
                log.debug("No notice was scheduled; the messages are found by polling", t);
            }
        }
    }

    private synchronized Notice takeNotice() {
        Notice notice = new Notice(waiting, delayed);
        waiting = new HashSet<>();
        delayed = false;
        next = System.nanoTime() + PAUSE_NANOS;
        return notice;
    }

    private void send() {
        try {
            Notice notice =
                    takeNotice(); // first: if the statement fails, a later announce still schedules the next notice
            int stored = jdbc.sql(notify)
                    .param("everybody", sharedChannel)
                    .param("lanes", notice.lanes().toArray(Integer[]::new))
                    .param("delayed", notice.delayed())
                    .query((row, number) -> row.getInt("lanes"))
                    .single();
            lanes.update(stored);
            failures.worked();
        } catch (Throwable t) {
            failures.failed(t);
        }
    }

    /** Sends the queued notice, and stops the thread. */
    @Override
    public void destroy() throws InterruptedException {
        thread.shutdown();
        if (!thread.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
            thread.shutdownNow();
        }
    }
}
