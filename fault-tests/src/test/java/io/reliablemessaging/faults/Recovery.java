package io.reliablemessaging.faults;

import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Waits, after all was repaired, until everything has come to rest. */
final class Recovery {

    // counted by the database, as a million messages are too many to be read each time
    private static final String NOT_DEALT_WITH = """
            select count(*) from bank.posting p
             where p.topic = :topic
               and not exists (select from bank.effect e where e.consumer_group = :group and e.token = p.token)
            """;

    private final Site site;
    private final Map<String, List<String>> groups;

    Recovery(Site site, Map<String, List<String>> groups) {
        this.site = site;
        this.groups = groups;
    }

    void awaitRest() {
        Rest.await("producers at rest", () -> nullIfZero(busyThreads()));
        Rest.await("an end of all transactions and an empty outbox", this::unsent);
        Rest.await("everything handled", this::unhandled);
    }

    private long busyThreads() {
        return site.instances().stream()
                .flatMap(Instance::idleFiles)
                .filter(idle -> !Files.exists(idle))
                .count();
    }

    private Map<String, Long> unsent() {
        Map<String, Long> remaining = new TreeMap<>();
        for (String table : List.of("outbox_delayed", "outbox_message", "outbox_quarantine")) {
            remaining.put(table, count("select count(*) from reliable_messaging." + table));
        }
        remaining.put(
                "transactions",
                count(
                        "select count(*) from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()"));
        return nothing(remaining) ? null : remaining;
    }

    /** What has no effect must be dead, and what was published meanwhile must be sent. */
    private Map<String, Long> unhandled() {
        Map<String, Long> remaining = new TreeMap<>();
        JdbcClient jdbc = site.jdbc();
        groups.forEach((topic, readers) -> readers.forEach(group -> {
            long without = jdbc.sql(NOT_DEALT_WITH)
                    .param("topic", topic)
                    .param("group", group)
                    .query(Long.class)
                    .single();
            long dead = jdbc.sql("select count(*) from reliable_messaging.parked_message"
                            + " where consumer_group = :group and topic = :topic and state = 'DEAD'")
                    .param("group", group)
                    .param("topic", topic)
                    .query(Long.class)
                    .single();
            remaining.put(group, without - dead);
        }));
        remaining.put("outbox", count("select count(*) from reliable_messaging.outbox_message"));
        return nothing(remaining) ? null : remaining;
    }

    private static boolean nothing(Map<String, Long> remaining) {
        return remaining.values().stream().allMatch(rows -> rows == 0);
    }

    private static Long nullIfZero(long count) {
        return count == 0 ? null : count;
    }

    private long count(String sql) {
        return site.jdbc().sql(sql).query(Long.class).single();
    }
}
