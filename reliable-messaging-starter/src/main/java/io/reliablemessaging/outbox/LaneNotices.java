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
 * Tells the owners of lanes that messages wait in them: each of them alone, and only those that may sleep. On a thread and a
 * connection of its own: a NOTIFY in the business transaction would make all commits of the database queue up behind one
 * lock. If it fails, the messages are found by polling.
 */
final class LaneNotices implements DisposableBean {

    private static final Logger log = ReadableLogger.of(LaneNotices.class);

    // Each owner on its own channel; one of an earlier version, or one that is not known to hear there, on the
    // channel of all. Nobody who is awake, unless it is to look at what is delayed, too. With the number of lanes:
    // if it has grown, only this notice names lanes that are not the right ones.
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

    // all that is committed within it goes with one notice
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long STOP_SECONDS = 1;

    private final JdbcClient jdbc;
    private final Lanes lanes;
    private final String notify;
    private final String everybody;
    private final ScheduledThreadPoolExecutor thread;
    private Set<Integer> waiting = new HashSet<>();
    private boolean delayed;
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
        this.everybody = LaneNotice.channel(schema);
        CustomizableThreadFactory threads = new CustomizableThreadFactory("rm-notices-");
        threads.setDaemon(true); // made by the first publish, and must not keep a program alive that has ended
        this.thread = new ScheduledThreadPoolExecutor(1, threads, new DiscardPolicy());
    }

    private record Notice(Set<Integer> lanes, boolean delayed) {}

    /**
     * Takes note of lanes; their owners are told soon.
     *
     * @param someDelayed whether some of the messages are delayed
     */
    synchronized void announce(Set<Integer> lanes, boolean someDelayed) {
        boolean planned = !waiting.isEmpty();
        waiting.addAll(lanes);
        delayed |= someDelayed;
        if (!planned && !waiting.isEmpty()) {
            long delay = Math.max(0, next - System.nanoTime());
            try {
                var unused = thread.schedule(this::send, delay, TimeUnit.NANOSECONDS);
            } catch (Throwable t) { // no thread can be made: the caller has committed, and this is no business of its
                waiting = new HashSet<>(); // or nothing would be announced any more
                log.debug("Messages are found by polling", t);
            }
        }
    }

    private synchronized Notice take() {
        Notice notice = new Notice(waiting, delayed);
        waiting = new HashSet<>();
        delayed = false;
        next = System.nanoTime() + PAUSE_NANOS;
        return notice;
    }

    private void send() {
        try {
            Notice notice = take(); // first: whatever happens, the next one is planned again
            int stored = jdbc.sql(notify)
                    .param("everybody", everybody)
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

    /** What was committed last is still announced. */
    @Override
    public void destroy() throws InterruptedException {
        thread.shutdown();
        if (!thread.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
            thread.shutdownNow();
        }
    }
}
