package io.reliablemessaging.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.inbox.PartitionHistory.Begun;
import io.reliablemessaging.inbox.PartitionHistory.Noted;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/** How far groups are, what the inbox may have forgotten, and how consumers ended: on a real database. */
@SpringBootTest(
        classes = PartitionHistoryIT.Host.class,
        properties = {"spring.application.name=watch-test", "reliable-messaging.relay.enabled=false"})
@ReliableMessagingTest
class PartitionHistoryIT {

    private static final Duration RETENTION = Duration.ofDays(8);
    private static final Duration LONG = Duration.ofDays(30);

    private static final UUID TOPIC = UUID.randomUUID();
    private static final ListenedPartition ZERO = new ListenedPartition("orders", TOPIC, 0);
    private static final ListenedPartition ONE = new ListenedPartition("orders", TOPIC, 1);

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Autowired
    JdbcTemplate sql;

    @Autowired
    Schema schema;

    @Autowired
    InboxUpkeep upkeep;

    private final DataSource autoCommit;
    private final ListeningGroups groups = new ListeningGroups();
    private final UUID me = UUID.randomUUID();
    private PartitionHistory watch;

    @Autowired
    PartitionHistoryIT(DataSource dataSource) {
        this.autoCommit = new AutoCommitDataSource(dataSource);
    }

    @BeforeEach
    void empty() {
        upkeep.stop(); // turns are taken by the tests
        sql.execute("truncate reliable_messaging.inbox_message, reliable_messaging.partition_progress,"
                + " reliable_messaging.partition_checkpoint, reliable_messaging.listener_partition,"
                + " reliable_messaging.skipped_offset,"
                + " reliable_messaging.operation_log");
        groups.add("billing");
        watch = new PartitionHistory(autoCommit, schema, new InboxRetention(RETENTION), InstantSource.system());
    }

    @Test
    void aRecordAtOrAboveTheHorizonIsNewThoughRowsWerePurged() {
        Begun begun = begin(Map.of(ZERO, 0L, ONE, 0L));
        received();
        note(begun.at(), Map.of(ZERO, new PartitionProgress(100, 100L), ONE, new PartitionProgress(7, 7L)));
        age(LONG);
        assertThat(purge()).isOne();
        Map<ListenedPartition, PartitionStart> starts =
                begin(Map.of(ZERO, 100L, ONE, 0L)).partitions();
        assertThat(starts.get(ZERO).horizon().isForgotten(100))
                .as("a backfill, whatever its timestamps")
                .isFalse();
        assertThat(starts.get(ZERO).horizon().isForgotten(99)).isTrue();
        assertThat(starts.get(ONE).horizon().isForgotten(6))
                .as("read again after an offset reset")
                .isTrue();
        assertThat(starts.get(ONE).horizon().isForgotten(7)).isFalse();
    }

    @Test
    void whatWasFinishedBeyondAGapStaysHoweverLongNobodyListens() {
        Begun begun = begin(Map.of(ZERO, 0L));
        for (int offset = 5; offset < 10; offset++) {
            received();
        }
        note(begun.at(), Map.of(ZERO, new PartitionProgress(4, 10L))); // 4 is not finished; killed here
        age(LONG);
        assertThat(purge()).as("runs first after the start").isZero();
        Begun again = begin(Map.of(ZERO, 4L));
        assertThat(purge()).as("before anything was read").isZero();
        assertThat(horizon(again, ZERO)).isZero();
        note(again.at(), Map.of(ZERO, new PartitionProgress(10, 10L)));
        assertThat(purge()).as("4 is finished, 5 to 9 were dropped").isEqualTo(5);
        assertThat(horizon(begin(Map.of(ZERO, 10L)), ZERO)).isEqualTo(10);
    }

    @Test
    void aGroupThatReadsAgainKeepsItsRowsUntilItIsPastThem() {
        Begun begun = begin(Map.of(ZERO, 0L));
        received();
        note(begun.at(), Map.of(ZERO, new PartitionProgress(100, 100L)));
        age(LONG);
        Begun reset = begin(Map.of(ZERO, 0L)); // somebody has set the offsets back
        note(reset.at(), Map.of(ZERO, new PartitionProgress(60, null)));
        assertThat(purge()).as("offset 60 may be the one that this row is of").isZero();
        note(reset.at(), Map.of(ZERO, new PartitionProgress(100, null)));
        assertThat(purge()).isOne();
    }

    @Test
    void aConsumerThatHasLostAPartitionNotesNothing() {
        UUID zombie = UUID.randomUUID();
        watch.begin(zombie, "billing", Map.of(ZERO, 0L, ONE, 0L));
        Begun mine = begin(Map.of(ZERO, 4L));
        Noted noted = watch.noteProgress(
                zombie,
                "billing",
                Map.of(ZERO, new PartitionProgress(50, 50L), ONE, new PartitionProgress(50, 50L)),
                mine.at());
        assertThat(noted.horizons()).containsOnlyKeys(ONE);
        assertThat(doneUntil(ZERO)).isEqualTo(4);
        watch.end(zombie, "billing", Map.of(ZERO, 50L));
        assertThat(doneUntil(ZERO)).isEqualTo(4);
        assertThat(begin(Map.of(ZERO, 4L)).partitions().get(ZERO).deaths())
                .as("its end is not mine")
                .isOne();
    }

    @Test
    void aTopicThatIsMadeAgainStartsOver() {
        Begun begun = begin(Map.of(ZERO, 0L, ONE, 0L));
        received();
        note(begun.at(), Map.of(ZERO, new PartitionProgress(100, 100L), ONE, new PartitionProgress(3, 100L)));
        age(LONG);
        ListenedPartition again = new ListenedPartition("orders", UUID.randomUUID(), 0);
        Begun anew = begin(Map.of(again, 0L));
        assertThat(horizon(anew, again)).isZero();
        note(anew.at(), Map.of(again, new PartitionProgress(2, 2L)));
        age(LONG);
        assertThat(purge()).as("partition 1 of the old topic holds nobody back").isOne();
        assertThat(horizon(begin(Map.of(again, 2L)), again)).isEqualTo(2);
    }

    @Test
    void aConsumerThatStillReadsTheOldTopicDoesNotEndTheNewOne() {
        ListenedPartition again = new ListenedPartition("orders", UUID.randomUUID(), 0);
        begin(Map.of(ZERO, 0L));
        begin(Map.of(again, 0L));
        begin(Map.of(ZERO, 0L)); // has not heard of it
        assertThat(sql.queryForList(
                        "select topic_id from reliable_messaging.partition_progress where topic_gone", UUID.class))
                .containsExactly(TOPIC);
    }

    @Test
    void checkpointsAreRememberedInSteps() {
        Begun begun = begin(Map.of(ZERO, 0L));
        note(begun.at(), Map.of(ZERO, new PartitionProgress(1, 1L)));
        note(begun.at().plus(Duration.ofHours(11)), Map.of(ZERO, new PartitionProgress(2, 2L)));
        note(begun.at().plus(Duration.ofHours(13)), Map.of(ZERO, new PartitionProgress(3, 3L)));
        note(begun.at().plus(Duration.ofDays(2)), Map.of(ZERO, new PartitionProgress(4, null)));
        note(null, Map.of(ZERO, new PartitionProgress(4, 4L)));
        assertThat(sql.queryForList(
                        "select end_offset from reliable_messaging.partition_checkpoint order by at", Long.class))
                .containsExactly(1L, 3L);
    }

    @Test
    void timesAreThoseOfTheDatabase() {
        Begun begun = begin(Map.of(ZERO, 0L));
        Instant between = now();
        Noted noted = note(begun.at(), Map.of(ZERO, new PartitionProgress(0, null)));
        assertThat(begun.at()).isBefore(between);
        assertThat(noted.at()).isAfter(between);
    }

    @Test
    void aConsumerThatWasStoppedForLongerThanTheRetentionAsksAgain() {
        Instant asked = Instant.parse("2026-01-01T00:00:00Z");
        watch = new PartitionHistory(autoCommit, schema, new InboxRetention(RETENTION), () -> asked);
        InboxHorizon horizon = begin(Map.of(ZERO, 0L)).partitions().get(ZERO).horizon();
        assertThat(horizon.isOutdated(asked.plus(RETENTION))).isFalse();
        assertThat(horizon.isOutdated(asked.plus(RETENTION).plusMillis(1))).isTrue();
    }

    @Test
    void shareGroupsAreNotedByAnybody() {
        Noted first = watch.noteShared("billing", Map.of(ZERO, new PartitionProgress(3, 9L)), null);
        received();
        Noted second = watch.noteShared("billing", Map.of(ZERO, new PartitionProgress(9, 9L)), first.at());
        assertThat(second.horizons().get(ZERO).forgottenUntil()).isZero();
        age(LONG);
        assertThat(purge()).isOne();
        Noted third = watch.noteShared("billing", Map.of(ZERO, new PartitionProgress(9, 9L)), second.at());
        assertThat(third.horizons().get(ZERO).forgottenUntil()).isEqualTo(9);
        assertThat(sql.queryForObject("select count(*) from reliable_messaging.listener_partition", Long.class))
                .as("nobody dies of a record in a share group")
                .isZero();
    }

    @Test
    void nothingIsForgottenOfAPartitionThatIsReadForTheFirstTime() {
        Begun begun = begin(Map.of(ZERO, 40L, ONE, 40L));
        assertThat(horizon(begun, ZERO)).isZero();
        assertThat(horizon(begun, ONE)).isZero();
        ListenedPartition again = new ListenedPartition("orders", UUID.randomUUID(), 0);
        assertThat(horizon(begin(Map.of(again, 5L)), again)).isZero();
    }

    @Test
    void countsTheConsumersThatDieWithoutGettingFurther() {
        assertThat(deaths(begin(Map.of(ZERO, 5L, ONE, 8L)))).containsExactlyInAnyOrder(0, 0);
        assertThat(deaths(begin(Map.of(ZERO, 5L, ONE, 9L)))).containsExactlyInAnyOrder(1, 0);
        assertThat(watch.suspect("billing", "orders", 0, 6)).isOne();
        begin(Map.of(ZERO, 5L, ONE, 9L));
        assertThat(watch.suspect("billing", "orders", 0, 6)).isEqualTo(2);
        watch.end(me, "billing", Map.of(ZERO, 7L, ONE, 9L));
        assertThat(doneUntil(ZERO)).isEqualTo(7);
        assertThat(deaths(begin(Map.of(ZERO, 5L, ONE, 9L)))).containsExactlyInAnyOrder(0, 0);
        assertThat(watch.suspect("billing", "orders", 0, 6)).isOne();
    }

    @Test
    void anOffsetThatAPersonSkipsIsToldAtTheBeginAndRecorded() {
        begin(Map.of(ZERO, 5L, ONE, 5L));
        watch.skip("billing", "orders", 0, 7, null, "ops");
        watch.skip("billing", "orders", 0, 5, null, "ops");
        watch.skip("billing", "orders", 0, 5, null, "ops");
        watch.skip("billing", "orders", 0, 4, null, "ops");
        watch.skip("audit", "orders", 0, 6, null, "ops");
        Map<ListenedPartition, PartitionStart> starts =
                begin(Map.of(ZERO, 5L, ONE, 5L)).partitions();
        assertThat(starts.get(ZERO).skipped()).containsExactly(5L, 7L);
        assertThat(starts.get(ONE).skipped()).isEmpty();
        assertThat(sql.queryForList(
                        "select who || ': ' || action || ' ' || target from"
                                + " reliable_messaging.operation_log order by id",
                        String.class))
                .contains("ops: skip offset group billing, orders-0@7")
                .hasSize(5);
        ListenedPartition again = new ListenedPartition("orders", UUID.randomUUID(), 0);
        assertThat(begin(Map.of(again, 5L)).partitions().get(again).skipped())
                .as("the same offset of another topic is another record")
                .isEmpty();
    }

    @Test
    void anyNumberOfPartitionsIsOneStatement() {
        CountingDataSource counting = new CountingDataSource(autoCommit);
        watch = new PartitionHistory(counting, schema, new InboxRetention(RETENTION), InstantSource.system());
        begin(Map.of(ZERO, 0L, ONE, 0L));
        assertThat(counting.connections()).isOne();
        note(now(), Map.of(ZERO, new PartitionProgress(1, 1L), ONE, new PartitionProgress(1, 1L)));
        assertThat(counting.connections()).isEqualTo(2);
        watch.end(me, "billing", Map.of(ZERO, 1L, ONE, 1L));
        assertThat(counting.connections()).isEqualTo(3);
    }

    /** Makes everything that is there older, and rows as much older than checkpoints as a copy of them may come late. */
    private void age(Duration by) {
        sql.update(
                "update reliable_messaging.inbox_message set received_at = received_at - make_interval(secs => ?)",
                by.plusDays(2).toSeconds());
        sql.update(
                "update reliable_messaging.partition_checkpoint set at = at - make_interval(secs => ?)",
                by.toSeconds());
    }

    private long purge() {
        sql.update("update reliable_messaging.inbox_purge set next_block = 0, next_at = '-infinity'");
        return new InboxPurge(autoCommit, schema, groups, new InboxRetention(RETENTION)).run(() -> false);
    }

    private void received() {
        sql.update("insert into reliable_messaging.inbox_message (consumer_group, topic, message_id)"
                + " values ('billing', 'orders', gen_random_uuid())");
    }

    private Begun begin(Map<ListenedPartition, Long> positions) {
        return watch.begin(me, "billing", positions);
    }

    private Noted note(Instant before, Map<ListenedPartition, PartitionProgress> progress) {
        return watch.noteProgress(me, "billing", progress, before);
    }

    private static long horizon(Begun begun, ListenedPartition partition) {
        return begun.partitions().get(partition).horizon().forgottenUntil();
    }

    private static List<Integer> deaths(Begun begun) {
        return begun.partitions().values().stream().map(PartitionStart::deaths).toList();
    }

    private long doneUntil(ListenedPartition partition) {
        return sql.queryForObject(
                "select done_until from reliable_messaging.partition_progress where partition = ?",
                Long.class,
                partition.partition());
    }

    private Instant now() {
        return sql.queryForObject("select clock_timestamp()", OffsetDateTime.class)
                .toInstant();
    }
}
