package io.reliablemessaging.inbox;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.schema.Schema;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.util.function.SingletonSupplier;

/** Which messages a consumer group has taken charge of: done, or parked, or dead. All methods join the caller's transaction. */
public final class Inbox {

    // The limits end the transaction of a consumer that was stopped in the middle: the next owner of its partition must
    // not wait for it for ever. A commit waits for the disk, whatever the host prefers: the offset is committed after
    // it. What is stronger than "on" stays. In pg_catalog, because a function of the host's that fits better would be
    // preferred.
    private static final String LIMITS = """
            with limits as materialized (
                    select host.lock_timeout,
                           pg_catalog.set_config('%s', ?::text, true),
                           pg_catalog.set_config('lock_timeout', ?::text, true),
                           case when pg_catalog.current_setting('synchronous_commit') = 'off'
                                then pg_catalog.set_config('synchronous_commit', 'on', true) end
                      from (select pg_catalog.current_setting('lock_timeout') as lock_timeout offset 0) host)
            """;

    // the host's own limit to waiting for locks, or ours
    private static final String BACK = """
            pg_catalog.set_config(
                'lock_timeout', (select case when lock_timeout = '0' then ?::text else lock_timeout end from limits), true)
            """;

    // Insert first, never "look, then insert": a concurrent delivery of the same message waits here for our commit or
    // rollback, and then knows. It waits for a moment only: what waits longer is to be tried again without a
    // connection. Values are computed before the row is inserted, and what is returned when it is there. The limits are
    // those above, without a part that would have to be read twice: that takes longer than all the rest. So the host's
    // own limit to waiting for locks, which few have, is kept in a setting of the transaction.
    private static final String TAKE = """
            insert into reliable_messaging.inbox_message (consumer_group, topic, message_id, checksum)
            values (?::text, ?::text, ?::uuid,
                    case when pg_catalog.set_config('%s', ?::text, true) is not null
                          and case when pg_catalog.current_setting('synchronous_commit') = 'off'
                                   then pg_catalog.set_config('synchronous_commit', 'on', true) is not null
                                   else true end
                          and pg_catalog.set_config(
                                'lock_timeout',
                                case when pg_catalog.current_setting('lock_timeout') = '0' then ?::text
                                     when pg_catalog.set_config(
                                            'reliable_messaging.lock_timeout',
                                            pg_catalog.current_setting('lock_timeout'),
                                            true) is not null then ?::text end,
                                true) is not null
                         then ?::int end)
            on conflict do nothing
            returning pg_catalog.set_config(
                'lock_timeout',
                coalesce(nullif(pg_catalog.current_setting('reliable_messaging.lock_timeout', true), ''), ?::text),
                true)
            """;

    // in one order everywhere: two consumers that take the same messages must not wait for each other in a circle
    private static final String TAKE_ALL = LIMITS + """
            ,    taken as (
                    insert into reliable_messaging.inbox_message (consumer_group, topic, message_id, checksum)
                    select ?::text, ?::text, id, checksum
                      from unnest(?::uuid[], ?::int[]) with ordinality as a (id, checksum, number), limits
                     order by id, number
                    on conflict do nothing
                    returning message_id)
            select case when pg_catalog.cardinality(ids) < ?::int then ids end,
            """ + BACK + """
              from (select coalesce(pg_catalog.array_agg(message_id), '{}') as ids from taken offset 0) inserted
            """;

    private static final String CHARGE = """
            insert into reliable_messaging.inbox_message (consumer_group, topic, message_id, checksum)
            values (?::text, ?::text, ?::uuid, ?::int) on conflict do nothing
            """;

    private static final String LIMIT = LIMITS + "select " + BACK;

    private static final String TAKEN = """
            select message_id, checksum from reliable_messaging.inbox_message
             where consumer_group = ?::text and topic = ?::text and message_id = any (?::uuid[])
            """;

    private static final String HAND_BACK = """
            delete from reliable_messaging.inbox_message
             where consumer_group = ?::text and topic = ?::text and message_id = ?::uuid
            """;

    private static final String FIRST_WAIT = millis(Duration.ofMillis(100));
    private static final String LOCK_LIMIT = millis(Duration.ofSeconds(10));
    private static final int TRANSACTION_TIMEOUT_SINCE = 170000;

    private final JdbcTemplate jdbc;
    private final DifferentDuplicates different;
    private final String handBack;
    private final String charge;
    private final String taken;
    private final SingletonSupplier<String> limit;
    private final SingletonSupplier<String> take;
    private final SingletonSupplier<String> takeAll;

    Inbox(DataSource dataSource, Schema schema, DifferentDuplicates different) {
        this.jdbc = new JdbcTemplate(dataSource);
        this.different = different;
        this.handBack = schema.in(HAND_BACK);
        this.charge = schema.in(CHARGE);
        this.taken = schema.in(TAKEN);
        this.limit = SingletonSupplier.of(() -> LIMIT.formatted(timeout()));
        this.take = SingletonSupplier.of(() -> schema.in(TAKE).formatted(timeout()));
        this.takeAll = SingletonSupplier.of(() -> schema.in(TAKE_ALL).formatted(timeout()));
    }

    /**
     * Takes charge of a message, as the first thing in a transaction.
     *
     * @param limit how long the transaction may last
     * @return if it is not new, the transaction is to do nothing more: its limit to waiting for locks is a moment
     * @throws org.springframework.dao.DataAccessException with SQL state 55P03 if somebody else is at it and does not end
     *     within a moment: the transaction is to be rolled back and the message to be tried again later
     */
    public Taken take(String group, String topic, Arrival arrival, Duration limit) {
        Boolean taken = jdbc.query(
                take.obtain(),
                statement -> {
                    // each by its type: to find out which one an object has takes longer than the rest
                    statement.setString(1, group);
                    statement.setString(2, topic);
                    statement.setObject(3, arrival.id().value());
                    statement.setString(4, millis(limit));
                    statement.setString(5, FIRST_WAIT);
                    statement.setString(6, FIRST_WAIT);
                    statement.setInt(7, arrival.checksum());
                    statement.setString(8, LOCK_LIMIT);
                },
                ResultSet::next);
        if (Boolean.TRUE.equals(taken)) {
            return Taken.NEW;
        }
        Map<UUID, Optional<Integer>> stored = stored(group, topic, Set.of(arrival.id()));
        return again(group, topic, arrival, stored.getOrDefault(arrival.id().value(), Optional.empty()));
    }

    /**
     * Takes charge of messages, as the first thing in a transaction.
     *
     * @param limit how long the transaction may last
     * @return for each of them, in their order
     * @throws org.springframework.dao.DataAccessException as {@link #take} does
     */
    public List<Taken> takeAll(String group, String topic, List<Arrival> arrivals, Duration limit) {
        Set<UUID> fresh = insert(group, topic, arrivals, limit);
        Set<MessageId> old = new HashSet<>();
        Set<UUID> seen = new HashSet<>(fresh);
        for (Arrival arrival : arrivals) {
            if (!seen.remove(arrival.id().value())) {
                old.add(arrival.id());
            }
        }
        Map<UUID, Optional<Integer>> stored = old.isEmpty() ? Map.of() : stored(group, topic, old);
        List<Taken> taken = new ArrayList<>(arrivals.size());
        for (Arrival arrival : arrivals) {
            UUID id = arrival.id().value();
            taken.add(
                    fresh.remove(id)
                            ? Taken.NEW
                            : again(group, topic, arrival, stored.getOrDefault(id, Optional.empty())));
        }
        return taken;
    }

    /**
     * Takes charge of a message in a transaction that has limits of its own. Waits for whoever is at it.
     *
     * @param caller talks to the database in that transaction
     * @return false if the group has charge of it already
     */
    public boolean takeOnceFree(JdbcOperations caller, String group, String topic, Arrival arrival) {
        return caller.update(charge, group, topic, arrival.id().value(), arrival.checksum()) == 1;
    }

    /** Which of these messages a group has taken charge of, by transactions that have committed or the caller's own. */
    public Set<MessageId> taken(String group, String topic, List<MessageId> ids) {
        return stored(group, topic, ids).keySet().stream().map(MessageId::new).collect(Collectors.toSet());
    }

    /**
     * Tells which of these messages a group has taken charge of, by transactions that have committed, without taking charge of
     * any: the others may be somebody's a moment later.
     *
     * @return for each of them, in their order; {@link Taken#NEW} for those others
     */
    public List<Taken> look(String group, String topic, List<Arrival> arrivals) {
        Map<UUID, Optional<Integer>> stored =
                stored(group, topic, arrivals.stream().map(Arrival::id).toList());
        return arrivals.stream()
                .map(arrival -> Optional.ofNullable(stored.get(arrival.id().value()))
                        .map(checksum -> again(group, topic, arrival, checksum))
                        .orElse(Taken.NEW))
                .toList();
    }

    /** Limits the transaction as {@link #take} does, for a message that the group has charge of already. */
    public void limit(Duration limit) {
        jdbc.query(this.limit.obtain(), row -> {}, millis(limit), LOCK_LIMIT, LOCK_LIMIT);
    }

    /** Gives up the charge that this same transaction has taken: the message is to be delivered again. */
    public void handBack(String group, String topic, MessageId id) {
        jdbc.update(handBack, group, topic, id.value());
    }

    private Set<UUID> insert(String group, String topic, List<Arrival> arrivals, Duration limit) {
        UUID[] ids = arrivals.stream().map(arrival -> arrival.id().value()).toArray(UUID[]::new);
        Integer[] sums = arrivals.stream().map(Arrival::checksum).toArray(Integer[]::new);
        UUID[] taken = jdbc.queryForObject(
                takeAll.obtain(),
                (row, number) -> taken(row, ids),
                millis(limit),
                FIRST_WAIT,
                group,
                topic,
                ids,
                sums,
                ids.length,
                LOCK_LIMIT);
        return new HashSet<>(List.of(taken));
    }

    // to read an array takes longer than to insert what is in it, and all are new but for a duplicate now and then
    private static UUID[] taken(ResultSet row, UUID[] all) throws SQLException {
        Array some = row.getArray(1);
        return some == null ? all : (UUID[]) some.getArray();
    }

    // without a checksum it is a row of an older version, or ours of this same statement
    private Taken again(String group, String topic, Arrival arrival, Optional<Integer> stored) {
        if (stored.orElse(arrival.checksum()) == arrival.checksum()) {
            return Taken.DUPLICATE;
        }
        different.note(group, topic, arrival.id());
        return Taken.DIFFERENT;
    }

    /** The rows of these messages that are there, with their checksums. */
    private Map<UUID, Optional<Integer>> stored(String group, String topic, Collection<MessageId> ids) {
        Map<UUID, Optional<Integer>> found = new HashMap<>();
        jdbc.query(
                taken,
                row -> {
                    found.put(row.getObject(1, UUID.class), Optional.ofNullable(row.getObject(2, Integer.class)));
                },
                group,
                topic,
                ids.stream().map(MessageId::value).toArray(UUID[]::new));
        return found;
    }

    private String timeout() {
        Integer version =
                jdbc.queryForObject("select pg_catalog.current_setting('server_version_num')::int", Integer.class);
        return version != null && version >= TRANSACTION_TIMEOUT_SINCE
                ? "transaction_timeout"
                : "idle_in_transaction_session_timeout"; // the nearest that older servers have
    }

    private static String millis(Duration duration) {
        return Long.toString(duration.toMillis());
    }
}
