package io.reliablemessaging.deadletter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;
import static org.mockito.Mockito.withSettings;

import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.schema.Schema;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.mockito.Answers;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.MappedQuerySpec;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Which messages are decided about, and when: those of a key in their order, and those of a key in use at the end. Only who
 * decides is tested here; that the locks hold, {@code DeadLettersIT} shows.
 */
class BulkCommandsTests {

    private final List<Row> table = new ArrayList<>();
    private final Set<String> inUse = new HashSet<>();
    private final Set<String> freeAfterOnePass = new HashSet<>();
    private boolean beingParked;

    private final List<Long> decided = new ArrayList<>();
    private final List<Long> waiting = new ArrayList<>();
    private final List<Integer> positions = new ArrayList<>();
    private int transactions;

    private final BulkCommands bulkCommands =
            new BulkCommands(jdbc(), new Schema("shop"), TransactionOperations.withoutTransaction());

    private record Row(long id, String key, boolean dead) {

        UUID queue() {
            return UUID.nameUUIDFromBytes(key.getBytes(UTF_8));
        }
    }

    private final BulkCommands.Decision decision = new BulkCommands.Decision() {
        @Override
        public void applyToDead(List<Long> dead, int position) {
            decided.addAll(dead);
            positions.add(position);
            transactions++;
        }

        @Override
        public int applyToParked(List<Long> ids, int position) {
            waiting.addAll(ids);
            return ids.size();
        }
    };

    @Test
    void whatIsFreeIsDecidedInChunksAndInItsOrder() {
        rows(1, 450, "free");
        assertThat(decideAll()).isEqualTo(450);
        assertThat(decided).isEqualTo(ids(1, 450));
        assertThat(transactions).isEqualTo(3);
        assertThat(positions).containsExactly(0, 200, 400);
    }

    @Test
    void aKeyInUseHoldsNobodyUpAndItsMessagesComeAtTheEndInTheirOrder() {
        row(1, "slow");
        rows(2, 248, "free");
        row(249, "slow");
        row(250, "free");
        inUse.add("slow");
        freeAfterOnePass.add("slow"); // by the second chunk: 249 must not pass 1
        assertThat(decideAll()).isEqualTo(250);
        assertThat(decided.subList(0, 248)).doesNotContain(1L, 249L).isSorted();
        assertThat(decided.subList(248, 250)).containsExactly(1L, 249L);
        assertThat(positions).endsWith(248, 249);
    }

    @Test
    void whatStaysInUseIsCountedAndTheRestIsDone() {
        row(1, "slow");
        row(2, "free");
        row(3, "slow");
        inUse.add("slow");
        assertThatThrownBy(this::decideAll)
                .isInstanceOf(DeadLetterNotChangedException.class)
                .hasMessageStartingWith("2 dead letters were not changed")
                .hasMessageContaining("1 others are done");
        assertThat(decided).containsExactly(2L);
    }

    /** A first message of one of the keys is being parked: the whole chunk would wait for that. */
    @Test
    void aChunkThatWouldHaveToWaitIsDecidedOneByOne() {
        rows(1, 3, "free");
        beingParked = true;
        assertThat(decideAll()).isEqualTo(3);
        assertThat(decided).containsExactly(1L, 2L, 3L);
        assertThat(transactions).isEqualTo(3);
    }

    @Test
    void messagesThatAreNotDeadAreDecidedAboutInTheirOwnWay() {
        row(1, "free");
        table.add(new Row(2, "free", false));
        row(3, "other");
        table.add(new Row(4, "other", false));
        assertThat(decideAll()).isEqualTo(4);
        assertThat(decided).containsExactly(1L, 3L);
        assertThat(waiting).containsExactly(2L, 4L);
    }

    @Test
    void noMoreAreDecidedThanWasAskedFor() {
        rows(1, 500, "free");
        assertThat(bulkCommands.applyToAll(DeadLetterQuery.all().limit(203), decision))
                .isEqualTo(203);
        assertThat(decided).isEqualTo(ids(1, 203));
        assertThat(bulkCommands.applyToAll(DeadLetterQuery.all().after(499), decision))
                .isEqualTo(1);
    }

    @Test
    void whereNothingMatchesNothingIsDone() {
        assertThat(decideAll()).isZero();
        assertThat(transactions).isZero();
    }

    @Test
    void oneMessageIsDecidedAboutAsWhatItIs() {
        row(1, "free");
        table.add(new Row(2, "free", false));
        assertThat(bulkCommands.applyToOne(1, decision)).isTrue();
        assertThat(decided).containsExactly(1L);
        assertThat(bulkCommands.applyToOne(2, decision)).isTrue();
        assertThat(waiting).containsExactly(2L);
    }

    @Test
    void oneMessageWhoseKeyStaysInUseIsToldAtOnce() {
        row(1, "slow");
        inUse.add("slow");
        assertThatThrownBy(() -> bulkCommands.applyToOne(1, decision))
                .isInstanceOf(PessimisticLockingFailureException.class);
        assertThat(waiting).isEmpty();
    }

    private int decideAll() {
        return bulkCommands.applyToAll(DeadLetterQuery.all(), decision);
    }

    private void row(long id, String key) {
        table.add(new Row(id, key, true));
    }

    private void rows(long from, long to, String key) {
        ids(from, to).forEach(id -> row(id, key));
    }

    private static List<Long> ids(long from, long to) {
        return LongStream.rangeClosed(from, to).boxed().toList();
    }

    // answers the statements as the tables would that the test has filled
    private JdbcClient jdbc() {
        JdbcClient jdbc = mock(JdbcClient.class);
        when(jdbc.sql(any())).thenAnswer(call -> statement(call.getArgument(0)));
        return jdbc;
    }

    private StatementSpec statement(String sql) {
        Map<String, Object> params = new HashMap<>();
        return mock(StatementSpec.class, call -> switch (call.getMethod().getName()) {
            case "param" -> {
                params.put(call.getArgument(0), call.getArgument(1));
                yield call.getMock();
            }
            case "params" -> {
                params.putAll(call.<Map<String, Object>>getArgument(0));
                yield call.getMock();
            }
            case "update" -> 0;
            case "query" -> query(sql, params, call.getArgument(0));
            default -> Answers.RETURNS_DEFAULTS.answer(call);
        });
    }

    private MappedQuerySpec<?> query(String sql, Map<String, Object> params, Object mapper) {
        return mock(MappedQuerySpec.class, call -> switch (call.getMethod().getName()) {
            case "single" -> "";
            case "list" -> {
                List<Object> mapped = new ArrayList<>();
                for (Row row : found(sql, params).toList()) {
                    mapped.add(((RowMapper<?>) mapper).mapRow(resultSet(row), mapped.size()));
                }
                yield mapped;
            }
            default -> Answers.RETURNS_DEFAULTS.answer(call);
        });
    }

    private Stream<Row> found(String sql, Map<String, Object> params) {
        if (sql.contains(":after")) {
            return table.stream()
                    .filter(row -> row.id() > (long) params.get("after"))
                    .limit((int) params.get("limit"));
        }
        List<Long> ids = List.of((Long[]) params.get("ids"));
        Stream<Row> asked = table.stream().filter(row -> row.dead() && ids.contains(row.id()));
        return sql.contains("with locked") ? locked(asked.toList(), sql.contains("skip locked")) : asked;
    }

    private Stream<Row> locked(List<Row> asked, boolean passing) {
        if ((passing && beingParked) || (!passing && asked.stream().anyMatch(row -> inUse.contains(row.key())))) {
            throw new UncategorizedSQLException("lock", "select", new SQLException("not available", "55P03"));
        }
        List<Row> free =
                asked.stream().filter(row -> !inUse.contains(row.key())).toList();
        inUse.removeAll(freeAfterOnePass);
        return free.stream();
    }

    private static ResultSet resultSet(Row row) {
        return mock(ResultSet.class, withSettings().stubOnly().defaultAnswer(call -> switch (call.getMethod()
                .getName()) {
            case "getLong" -> row.id();
            case "getString" -> call.getArgument(0).equals("topic") ? "orders" : "shipping";
            case "getObject" -> row.queue();
            case "getBoolean" -> row.dead();
            default -> Answers.RETURNS_DEFAULTS.answer(call);
        }));
    }
}
