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

/** Records the messages that a consumer group has taken charge of: done, parked or dead letters. All methods join the caller's transaction. */
public final class Inbox {

    // The limits end the transaction of a consumer that was suspended: the next owner of its partition
    // must not wait for ever. A commit waits for the disk, whatever the host prefers, because the offset
    // is committed after it; a setting stronger than "on" stays. Qualified with pg_catalog, because
    // PostgreSQL would prefer a better fitting function of the host.
    private static final String LIMITS = """
            with limits as materialized (
                    select host.lock_timeout,
                           pg_catalog.set_config('%s', ?::text, true),
                           pg_catalog.set_config('lock_timeout', ?::text, true),
                           case when pg_catalog.current_setting('synchronous_commit') = 'off'
                                then pg_catalog.set_config('synchronous_commit', 'on', true) end
                      from (select pg_catalog.current_setting('lock_timeout') as lock_timeout offset 0) host)
            """;

    // restores the host's own lock timeout, or sets ours if the host has none
    private static final String BACK = """
            pg_catalog.set_config(
                'lock_timeout', (select case when lock_timeout = '0' then ?::text else lock_timeout end from limits), true)
            """;

    // Insert first, never "read, then insert": a concurrent delivery of the same message makes us wait here for its
    // commit or rollback. The wait is short: a message that is busy for longer is retried without a connection.
    // PostgreSQL evaluates the values before it inserts the row, and the RETURNING list afterwards. The limits are
    // those above, but without the CTE, which would take longer than all the rest. So the host's own lock timeout, if
    // it has one, is stored in a setting of the transaction.
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

    // one order everywhere: two consumers that take the same messages must not deadlock
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
     * Takes charge of a message. Must be the first statement of a transaction.
     *
     * @param limit how long the transaction may last
     * @return whether the message is new; if it is not, the transaction must do nothing more, since its lock timeout is still short
     * @throws org.springframework.dao.DataAccessException with SQL state 55P03 if another transaction handles the message and does not
     *     end soon: roll the transaction back and retry the message later
     */
    public ChargeResult take(String group, String topic, ArrivedMessage arrivedMessage, Duration limit) {
        Boolean taken = jdbc.query(
                take.obtain(),
                statement -> {
                    // by the parameters' types: setObject with an unknown type takes longer than all the rest
                    statement.setString(1, group);
                    statement.setString(2, topic);
                    statement.setObject(3, arrivedMessage.id().value());
                    statement.setString(4, millis(limit));
                    statement.setString(5, FIRST_WAIT);
                    statement.setString(6, FIRST_WAIT);
                    statement.setInt(7, arrivedMessage.checksum());
                    statement.setString(8, LOCK_LIMIT);
                },
                ResultSet::next);
        if (Boolean.TRUE.equals(taken)) {
            return ChargeResult.NEW;
        }
        Map<UUID, Optional<Integer>> stored = stored(group, topic, Set.of(arrivedMessage.id()));
        return duplicate(
                group,
                topic,
                arrivedMessage,
                stored.getOrDefault(arrivedMessage.id().value(), Optional.empty()));
    }

    /**
     * Takes charge of messages. Must be the first statement of a transaction.
     *
     * @param limit how long the transaction may last
     * @return the answer for each message, in their order
     * @throws org.springframework.dao.DataAccessException as {@link #take} does
     */
    public List<ChargeResult> takeAll(String group, String topic, List<ArrivedMessage> arrivals, Duration limit) {
        Set<UUID> fresh = insert(group, topic, arrivals, limit);
        Set<MessageId> old = new HashSet<>();
        Set<UUID> seen = new HashSet<>(fresh);
        for (ArrivedMessage arrivedMessage : arrivals) {
            if (!seen.remove(arrivedMessage.id().value())) {
                old.add(arrivedMessage.id());
            }
        }
        Map<UUID, Optional<Integer>> stored = old.isEmpty() ? Map.of() : stored(group, topic, old);
        List<ChargeResult> taken = new ArrayList<>(arrivals.size());
        for (ArrivedMessage arrivedMessage : arrivals) {
            UUID id = arrivedMessage.id().value();
            taken.add(
                    fresh.remove(id)
                            ? ChargeResult.NEW
                            : duplicate(group, topic, arrivedMessage, stored.getOrDefault(id, Optional.empty())));
        }
        return taken;
    }

    /**
     * Takes charge of a message in a transaction that has limits of its own. Waits for another transaction that handles it.
     *
     * @param caller runs statements in that transaction
     * @return false if the group has taken charge of it already
     */
    public boolean takeOnceFree(JdbcOperations caller, String group, String topic, ArrivedMessage arrivedMessage) {
        return caller.update(charge, group, topic, arrivedMessage.id().value(), arrivedMessage.checksum()) == 1;
    }

    /** Reads which of these messages the group has taken charge of, by committed transactions or the caller's own. */
    public Set<MessageId> taken(String group, String topic, List<MessageId> ids) {
        return stored(group, topic, ids).keySet().stream().map(MessageId::new).collect(Collectors.toSet());
    }

    /**
     * Classifies messages as new or duplicate by what committed transactions have taken charge of. Takes charge of none, so a new
     * message may be another consumer's a moment later. Notes duplicates whose key or value differs.
     *
     * @return the answer for each message, in their order
     */
    public List<ChargeResult> classify(String group, String topic, List<ArrivedMessage> arrivals) {
        Map<UUID, Optional<Integer>> stored =
                stored(group, topic, arrivals.stream().map(ArrivedMessage::id).toList());
        return arrivals.stream()
                .map(arrivedMessage -> Optional.ofNullable(
                                stored.get(arrivedMessage.id().value()))
                        .map(checksum -> duplicate(group, topic, arrivedMessage, checksum))
                        .orElse(ChargeResult.NEW))
                .toList();
    }

    /** Limits the transaction like {@link #take}, for a message that the group has taken charge of before. */
    public void limit(Duration limit) {
        jdbc.query(this.limit.obtain(), row -> {}, millis(limit), LOCK_LIMIT, LOCK_LIMIT);
    }

    /** Gives up the charge that this same transaction has taken, so that the message is delivered again. */
    public void handBack(String group, String topic, MessageId id) {
        jdbc.update(handBack, group, topic, id.value());
    }

    private Set<UUID> insert(String group, String topic, List<ArrivedMessage> arrivals, Duration limit) {
        UUID[] ids = arrivals.stream()
                .map(arrivedMessage -> arrivedMessage.id().value())
                .toArray(UUID[]::new);
        Integer[] sums = arrivals.stream().map(ArrivedMessage::checksum).toArray(Integer[]::new);
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

    // reading an array takes longer than inserting its rows, and usually all of them are new
    private static UUID[] taken(ResultSet row, UUID[] all) throws SQLException {
        Array some = row.getArray(1);
        return some == null ? all : (UUID[]) some.getArray();
    }

    // a row without a checksum is of an older version, or was inserted by this same statement
    private ChargeResult duplicate(
            String group, String topic, ArrivedMessage arrivedMessage, Optional<Integer> stored) {
        if (stored.orElse(arrivedMessage.checksum()) == arrivedMessage.checksum()) {
            return ChargeResult.DUPLICATE;
        }
        different.note(group, topic, arrivedMessage.id());
        return ChargeResult.DIFFERENT;
    }

    /** Reads the checksums of those messages that have a row. */
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
                : "idle_in_transaction_session_timeout"; // the nearest setting that older servers have
    }

    private static String millis(Duration duration) {
        return Long.toString(duration.toMillis());
    }
}
