package io.reliablemessaging.faults;

import java.util.HashMap;
import java.util.Map;

/** Sees whether messages get through. */
final class Progress {

    private static final long SOME = 50;

    private final Site site;

    Progress(Site site) {
        this.site = site;
    }

    /** Waits until some more have got through. */
    void await() {
        await(SOME);
    }

    /** Waits until this many more have got through. */
    void await(long more) {
        Map<Integer, Long> start = new HashMap<>();
        Rest.await(more + " more messages on Kafka", () -> {
            long now = records();
            long wanted = start.computeIfAbsent(0, first -> now) + more;
            return now >= wanted ? null : wanted - now;
        });
    }

    /** Waits until all that is committed now has got through, whoever was about to send it. */
    void awaitAllSent() {
        String now = site.jdbc()
                .sql("select clock_timestamp()::text")
                .query(String.class)
                .single();
        Rest.await("all committed messages on Kafka", () -> {
            long left = site.jdbc()
                    .sql("select count(*) from reliable_messaging.outbox_message where created_at <= :now::timestamptz")
                    .param("now", now)
                    .query(Long.class)
                    .single();
            return left == 0 ? null : left;
        });
    }

    private long records() {
        return new TopicContents(site.kafka().bootstrapServers(), "transfers").count();
    }
}
