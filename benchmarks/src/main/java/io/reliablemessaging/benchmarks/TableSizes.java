package io.reliablemessaging.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What a row takes on disk, in copies of our tables with all their indexes: 300 bytes of payload, two headers, a key of eight
 * bytes, a topic and a group of usual length. Ids as they are made: later ones sort later.
 */
final class TableSizes implements Sizing.Part {

    private static final String IDS = " from generate_series(1, ?) n";

    private static final String MESSAGE = "uuidv7(), 'orders.placed', convert_to('key-' || n %% 1000, 'UTF8'), %s, %s";

    private static final Map<String, String> FILLINGS = fillings();

    @Override
    public List<Figure> measure(Bench bench, Sizes sizes) {
        List<Figure> figures = new ArrayList<>();
        try (Consuming application = bench.consuming()) {
            FILLINGS.forEach((table, filling) -> figures.addAll(sizeOf(application.jdbc(), table, filling, sizes)));
        }
        return figures;
    }

    private static List<Figure> sizeOf(JdbcTemplate jdbc, String table, String filling, Sizes sizes) {
        int rows = 2 * sizes.backlog();
        String copy = "sized_" + table;
        jdbc.execute("create table %s (like reliable_messaging.%s including all)".formatted(copy, table));
        jdbc.update("insert into %s %s".formatted(copy, filling), rows);
        jdbc.execute("vacuum analyze " + copy); // makes the maps that belong to a table
        List<Figure> figures = List.of(
                new Figure(table, (double) bytes(jdbc, "pg_total_relation_size", copy) / rows, "bytes a row"),
                new Figure(
                        table + ", of these indexes",
                        (double) bytes(jdbc, "pg_indexes_size", copy) / rows,
                        "bytes a row"));
        jdbc.execute("drop table " + copy);
        return figures;
    }

    private static long bytes(JdbcTemplate jdbc, String function, String table) {
        Long bytes = jdbc.queryForObject("select %s(?::regclass)".formatted(function), Long.class, table);
        return bytes == null ? 0 : bytes;
    }

    private static Map<String, String> fillings() {
        String message = MESSAGE.formatted(literal(Application.payload()), literal(Application.headers()));
        Map<String, String> fillings = new LinkedHashMap<>();
        fillings.put(
                "outbox_message", "(lane, message_id, topic, key, value, headers) select n % 32, " + message + IDS);
        fillings.put(
                "outbox_delayed",
                "(deliver_at, key_hash, message_id, topic, key, value, headers)"
                        + " select now() + n * interval '1 ms', n, " + message + IDS);
        fillings.put(
                "outbox_published",
                "(id, lane, created_at, message_id, topic, key, value, headers) select n, n % 32, now(), " + message
                        + IDS);
        fillings.put(
                "outbox_quarantine",
                "(lane, id, created_at, message_id, topic, key, value, headers) select n % 32, n, now(), " + message
                        + IDS);
        fillings.put(
                "inbox_message",
                "(consumer_group, topic, message_id, checksum) select 'shipping', 'orders.placed', uuidv7(), n" + IDS);
        fillings.put(
                "parked_message",
                "(consumer_group, source_partition, source_offset, state, attempts, error_class, error_message,"
                        + " stack_trace, queue, message_id, topic, key, value, headers)"
                        + " select 'shipping', 1, n, 'WAITING', 1, 'java.lang.IllegalStateException', 'no stock', "
                        + "repeat('at com.example.shop.Shop.method' || n || '(Shop.java:' || n % 100 || ')', 100), md5('key-' || n)::uuid, "
                        + message + IDS);
        fillings.put(
                "parked_key",
                "(consumer_group, topic, queue, next_attempt_at)"
                        + " select 'shipping', 'orders.placed', md5(n::text)::uuid, now()" + IDS);
        return fillings;
    }

    private static String literal(byte[] bytes) {
        StringBuilder hex = new StringBuilder("'\\x");
        for (byte each : bytes) {
            hex.append(String.format("%02x", each));
        }
        return hex.append("'::bytea").toString();
    }
}
