package io.reliablemessaging.deadletter;

import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.FailureGroup;
import io.reliablemessaging.wire.KeyText;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A query in SQL: as a condition on a row {@code m} of {@code parked_message}, or as a query for the ids of one page. Contains
 * only the conditions that are set: with "or :parameter is null", PostgreSQL would not use the index.
 *
 * @param sql the condition, or the query for ids
 * @param params its parameters
 */
record DeadLetterCondition(String sql, Map<String, Object> params) {

    // as index parked_message_words has it
    private static final String CONTAINS = """
            m.error_class is not null and pg_catalog.to_tsvector('pg_catalog.simple'::regconfig,
                'rmids' || (m.id >> 14)::text || ' ' || pg_catalog.translate(
                    coalesce(pg_catalog.left(m.error_class, 1000), '') || ' ' || coalesce(pg_catalog.left(m.error_message, 4096), ''),
                    '.-+_/@&<>:~?=%%', '              '))
                @@ pg_catalog.plainto_tsquery('pg_catalog.simple'::regconfig, %s)""";

    private static final String WORDS = "pg_catalog.translate(:words::text, '.-+_/@&<>:~?=%', '              ')";
    private static final String CLASS_WORD = "pg_catalog.translate(:simple::text, '.-+_/@&<>:~?=%', '              ')";

    // The first block of ids in which a message is young enough: all before it are too old. Times need not follow the
    // ids.
    private static final String YOUNG = """
            , young as (
                (select m.number, t.newest from (
                        select m.id >> 14 as number from reliable_messaging.parked_message m
                         where m.id > :after::bigint order by m.id limit 1) m cross join lateral %1$s t)
                union all
                select m.number, t.newest from young cross join lateral (
                        select m.id >> 14 as number from reliable_messaging.parked_message m
                         where m.id >= (young.number + 1) << 14 order by m.id limit 1) m cross join lateral %1$s t
                 where young.newest < :from::timestamptz)
            """.formatted("""
                    (select a.parked_at as newest from reliable_messaging.parked_message a where a.id >> 14 = m.number
                      order by a.id >> 14 desc, a.parked_at desc limit 1)""");

    // the last block of ids in which a message is old enough
    private static final String OLD = """
            , old as (
                (select m.number, t.oldest from (
                        select m.id >> 14 as number from reliable_messaging.parked_message m
                         where m.id <= :end::bigint order by m.id desc limit 1) m cross join lateral %1$s t)
                union all
                select m.number, t.oldest from old cross join lateral (
                        select m.id >> 14 as number from reliable_messaging.parked_message m
                         where m.id < old.number << 14 order by m.id desc limit 1) m cross join lateral %1$s t
                 where old.oldest >= :until::timestamptz)
            """.formatted("""
                    (select a.parked_at as oldest from reliable_messaging.parked_message a where a.id >> 14 = m.number
                      order by a.id >> 14, a.parked_at limit 1)""");

    private static final String LOW = """
            greatest(:after::bigint, coalesce((select (pg_catalog.max(young.number) << 14) - 1 from young
                                                where young.newest >= :from::timestamptz), 9223372036854775807))""";
    private static final String HIGH = """
            least(:end::bigint, coalesce((select ((pg_catalog.min(old.number) + 1) << 14) - 1 from old
                                           where old.oldest < :until::timestamptz), 0))""";

    // Ranges and an order that only one index has: otherwise PostgreSQL may walk through another index, and past all
    // other
    // messages. coalesce: it must not choose an index for the rest of the conditions either, nor trust its guess of
    // them.
    private static final String RANGE = """
            (select m.id from reliable_messaging.parked_message m
              where %1$s and (%2$s m.state, m.id) > (%3$s '%4$s', (select low from bounds))
                and (%2$s m.state, m.id) <= (%3$s '%4$s', (select high from bounds)) and coalesce(%5$s, false)
              order by %2$s m.state, m.id limit :limit::bigint)""";

    // one index probe for each listener
    private static final String LISTENED = """
            , listened as (
                (select m.consumer_group, m.topic from reliable_messaging.parked_message m
                  order by m.consumer_group, m.topic, m.state, m.id limit 1)
                union all
                select next.consumer_group, next.topic from listened cross join lateral (
                       select m.consumer_group, m.topic from reliable_messaging.parked_message m
                        where (m.consumer_group, m.topic) > (listened.consumer_group, listened.topic)
                        order by m.consumer_group, m.topic, m.state, m.id limit 1) next)
            """;

    private static final String OF_LISTENERS = """
            (select m.id from (select * from listened m where %s) l cross join lateral %s m)""";

    // The blocks come in the order of their ids, so the first messages that are found have the lowest ids. offset 0:
    // the words
    // are found by their index alone.
    private static final String BY_WORDS = """
            , block as (
                (select m.id >> 14 as number from reliable_messaging.parked_message m
                  where m.id > (select low from bounds) and m.id <= (select high from bounds) order by m.id limit 1)
                union all
                select next.number from block cross join lateral (
                       select m.id >> 14 as number from reliable_messaging.parked_message m
                        where m.id >= (block.number + 1) << 14 and m.id <= (select high from bounds)
                        order by m.id limit 1) next)
            select hit.id from block cross join lateral (
                   select m.id from (select * from reliable_messaging.parked_message m where %s offset 0) m
                    where m.id > (select low from bounds) and m.id <= (select high from bounds) and %s
                    order by m.id limit :limit::bigint) hit
             limit :limit::bigint
            """;

    private enum Part {
        AFTER,
        STATE,
        GROUP,
        TOPIC,
        KEY,
        ERROR,
        FINGERPRINT,
        WORDS,
        FROM,
        UNTIL
    }

    /** Writes the query as a condition. */
    static DeadLetterCondition of(DeadLetterQuery query) {
        Map<String, Object> params = new HashMap<>();
        return new DeadLetterCondition(all(parts(query, params).values().stream()), params);
    }

    /**
     * Writes the query as one for the ids of its next page, the lowest ones first. However many messages there are, and
     * whatever PostgreSQL believes about them, it reads about as much as it finds if one of these alone is set: state, group, topic, key,
     * fingerprint, words, times. With several, it finds messages by the first of key, fingerprint, words and class of the error, listener, and
     * state, and reads on until enough of them satisfy the others.
     *
     * @param end the highest id to return
     * @param limit how many ids to return at most
     */
    static DeadLetterCondition page(DeadLetterQuery query, long end, int limit) {
        Map<String, Object> params = new HashMap<>(Map.of("end", end, "limit", limit));
        Map<Part, String> parts = parts(query, params);
        String with = "with recursive bounds as materialized (select "
                + (query.parkedAfter() == null ? ":after::bigint" : LOW) + " as low, "
                + (query.parkedBefore() == null ? ":end::bigint" : HIGH) + " as high)"
                + (query.parkedAfter() == null ? "" : YOUNG) + (query.parkedBefore() == null ? "" : OLD) + " ";
        return new DeadLetterCondition(with + ids(query, parts, params), params);
    }

    private static String ids(DeadLetterQuery query, Map<Part, String> parts, Map<String, Object> params) {
        boolean none = FailureGroup.NO_FINGERPRINT.equals(query.fingerprint());
        if (query.key() != null) {
            String hash = "pg_catalog.md5(%s)::uuid,";
            return ranges(
                    query, "m.key is not null", hash.formatted("m.key"), hash.formatted(":key::bytea"), rest(parts));
        }
        if (query.fingerprint() != null && !none) {
            String rest = rest(parts, Part.FINGERPRINT);
            return ranges(query, "m.fingerprint is not null", "m.fingerprint,", ":fingerprint::text,", rest);
        }
        if (query.words() != null || query.errorClass() != null) {
            return byWords(query, parts, params);
        }
        return none || query.group() != null || query.topic() != null
                ? byListener(query, parts, none)
                : ranges(query, "true", "", "", rest(parts));
    }

    /** For each state, the messages in one range of an index, in the order of their ids. */
    private static String ranges(DeadLetterQuery query, String of, String columns, String values, String rest) {
        return together(states(query).map(state -> RANGE.formatted(of, columns, values, state, rest)));
    }

    private static String byListener(DeadLetterQuery query, Map<Part, String> parts, boolean none) {
        String of = none ? Objects.requireNonNull(parts.get(Part.FINGERPRINT)) : "true";
        String columns = "m.consumer_group, m.topic,";
        String rest = rest(parts, Part.GROUP, Part.TOPIC, Part.FINGERPRINT);
        if (query.group() != null && query.topic() != null) {
            return ranges(query, of, columns, ":group::text, :topic::text,", rest);
        }
        String listeners =
                all(Stream.of(Part.GROUP, Part.TOPIC).filter(parts::containsKey).map(parts::get));
        return LISTENED
                + together(states(query)
                        .map(state -> RANGE.formatted(of, columns, "l.consumer_group, l.topic,", state, rest))
                        .map(range -> OF_LISTENERS.formatted(listeners, range)));
    }

    private static String byWords(DeadLetterQuery query, Map<Part, String> parts, Map<String, Object> params) {
        String asked = query.words() == null
                ? CLASS_WORD
                : query.errorClass() == null ? WORDS : WORDS + " || ' ' || " + CLASS_WORD;
        String contains = CONTAINS.formatted("'rmids' || block.number::text || ' ' || " + asked);
        if (query.errorClass() != null) {
            params.put("simple", text(simpleName(query.errorClass())));
        }
        String state = query.state() == null ? "" : " and " + parts.get(Part.STATE);
        return BY_WORDS.formatted(contains, rest(parts, Part.WORDS) + state);
    }

    // one word is enough to find it in the index, and each word costs
    private static String simpleName(String errorClass) {
        String last = errorClass.substring(1 + Math.max(errorClass.lastIndexOf('.'), errorClass.lastIndexOf('$')));
        return last.isBlank() ? errorClass : last;
    }

    private static String together(Stream<String> ids) {
        return "select each.id from (" + ids.collect(Collectors.joining(" union all "))
                + ") each order by each.id limit :limit::bigint";
    }

    private static Stream<String> states(DeadLetterQuery query) {
        return query.state() == null
                ? Stream.of(State.values()).map(State::name)
                : Stream.of(query.state().name());
    }

    /** All conditions but those that the ranges contain. */
    private static String rest(Map<Part, String> parts, Part... contained) {
        Set<Part> without = EnumSet.of(Part.AFTER, Part.STATE);
        without.addAll(List.of(contained));
        return all(parts.entrySet().stream()
                .filter(part -> !without.contains(part.getKey()))
                .map(Map.Entry::getValue));
    }

    private static String all(Stream<String> conditions) {
        String joined = conditions.collect(Collectors.joining(" and "));
        return joined.isEmpty() ? "true" : joined;
    }

    private static Map<Part, String> parts(DeadLetterQuery query, Map<String, Object> params) {
        Map<Part, String> parts = new EnumMap<>(Part.class);
        parts.put(Part.AFTER, "m.id > :after::bigint");
        params.put("after", query.after());
        if (query.state() != null) {
            parts.put(Part.STATE, "m.state = '%s'".formatted(query.state().name()));
        }
        if (query.group() != null) {
            parts.put(Part.GROUP, "m.consumer_group = :group::text");
            params.put("group", text(query.group()));
        }
        if (query.topic() != null) {
            parts.put(Part.TOPIC, "m.topic = :topic::text");
            params.put("topic", text(query.topic()));
        }
        if (query.key() != null) {
            parts.put(
                    Part.KEY,
                    "(m.queue = pg_catalog.md5(:key::bytea)::uuid or m.queue = m.message_id) and m.key = :key::bytea");
            params.put("key", KeyText.bytes(query.key()));
        }
        putError(query, parts, params);
        if (query.parkedAfter() != null) {
            parts.put(Part.FROM, "m.parked_at >= :from::timestamptz");
            params.put("from", timestamp(query.parkedAfter()));
        }
        if (query.parkedBefore() != null) {
            parts.put(Part.UNTIL, "m.parked_at < :until::timestamptz");
            params.put("until", timestamp(query.parkedBefore()));
        }
        return parts;
    }

    private static void putError(DeadLetterQuery query, Map<Part, String> parts, Map<String, Object> params) {
        if (query.errorClass() != null) {
            parts.put(
                    Part.ERROR,
                    "(m.error_class = :error::text or pg_catalog.right(m.error_class, :tail::int) in ('.' || :error::text, '$' || :error::text))");
            params.put("error", text(query.errorClass()));
            params.put("tail", query.errorClass().length() + 1);
        }
        if (FailureGroup.NO_FINGERPRINT.equals(query.fingerprint())) {
            parts.put(Part.FINGERPRINT, "m.fingerprint is null and m.error_class is not null");
        } else if (query.fingerprint() != null) {
            parts.put(Part.FINGERPRINT, "m.fingerprint = :fingerprint::text");
            params.put("fingerprint", text(query.fingerprint()));
        }
        if (query.words() != null) {
            parts.put(Part.WORDS, CONTAINS.formatted(WORDS));
            params.put("words", text(query.words()));
        }
    }

    // PostgreSQL's text cannot store NUL, so no stored value contains it
    private static String text(String asked) {
        return asked.replace("\0", "\\0");
    }

    private static OffsetDateTime timestamp(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
