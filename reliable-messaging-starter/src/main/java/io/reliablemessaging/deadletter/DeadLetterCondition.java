package io.reliablemessaging.deadletter;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.wire.KeyText;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The SQL condition of a query on a row {@code m} of {@code parked_message}. Contains only the conditions that are set: with "or
 * :parameter is null", PostgreSQL would not use the index.
 *
 * @param sql the condition
 * @param params its parameters
 */
record DeadLetterCondition(String sql, Map<String, Object> params) {

    static DeadLetterCondition of(DeadLetterQuery query) {
        List<String> all = new ArrayList<>(List.of("m.id > :after::bigint"));
        Map<String, Object> params = new HashMap<>(Map.of("after", query.after()));
        if (query.state() != null) {
            all.add("m.state = '%s'".formatted(query.state().name()));
        }
        if (query.group() != null) {
            all.add("m.consumer_group = :group::text");
            params.put("group", text(query.group()));
        }
        if (query.topic() != null) {
            all.add("m.topic = :topic::text");
            params.put("topic", text(query.topic()));
        }
        if (query.key() != null) {
            all.add("(m.queue = pg_catalog.md5(:key::bytea)::uuid or m.queue = m.message_id) and m.key = :key::bytea");
            params.put("key", KeyText.bytes(query.key()));
        }
        if (query.errorClass() != null) {
            all.add(
                    "(m.error_class = :error::text or pg_catalog.right(m.error_class, :tail::int) in ('.' || :error::text, '$' || :error::text))");
            params.put("error", text(query.errorClass()));
            params.put("tail", query.errorClass().length() + 1);
        }
        if (query.parkedAfter() != null) {
            all.add("m.parked_at >= :from::timestamptz");
            params.put("from", timestamp(query.parkedAfter()));
        }
        if (query.parkedBefore() != null) {
            all.add("m.parked_at < :until::timestamptz");
            params.put("until", timestamp(query.parkedBefore()));
        }
        return new DeadLetterCondition(String.join(" and ", all), params);
    }

    // PostgreSQL's text cannot store NUL, so no stored value contains it
    private static String text(String asked) {
        return asked.replace("\0", "\\0");
    }

    private static OffsetDateTime timestamp(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
