package io.reliablemessaging.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.lanes.LaneLease;
import io.reliablemessaging.observers.ShieldedObservers;
import io.reliablemessaging.quarantine.QuarantineTable;
import io.reliablemessaging.quarantine.ReleasedRows;
import io.reliablemessaging.quarantine.TopicKey;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.test.ReliableMessagingTest;
import io.reliablemessaging.tracing.MessageTracing;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;

/** Released messages against a real table and a broker that answers when the test says so. */
@SpringBootTest(
        classes = ReleaseRunIT.Host.class,
        properties = {"spring.application.name=release-run-test", "reliable-messaging.relay.enabled=false"})
@ReliableMessagingTest
class ReleaseRunIT {

    private static final int LANE = 5;
    private static final Set<String> NONE = Set.of();

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {}

    @Autowired
    JdbcTemplate sql;

    @Autowired
    DataSource dataSource;

    @Autowired
    Schema schema;

    @Autowired
    MessageTracing tracing;

    private final MockProducer<byte[], byte[]> broker =
            new MockProducer<>(false, null, new ByteArraySerializer(), new ByteArraySerializer());
    private final Recorder recorder = new Recorder();
    private volatile LaneLease lease = lease(1);
    private ReleasedRows rows;
    private SendGate sendGate;
    private ReleaseRun run;
    private CompletableFuture<ReleaseRun.Found> ended = new CompletableFuture<>();

    @BeforeEach
    void emptyTables() {
        sql.update("delete from reliable_messaging.outbox_message");
        sql.update("delete from reliable_messaging.outbox_quarantine");
        rows = new ReleasedRows(dataSource, schema);
    }

    @AfterEach
    void end() {
        if (run != null) {
            run.abandon();
            ended.exceptionally(thrown -> null).join();
        }
    }

    @Test
    void theNextIsSentWhenTheBrokerHasTheOneBefore() throws Exception {
        release("a", "a1", "a2");
        release("b", "b1");
        start();
        awaitSent("a1");
        assertThat(run.keys()).containsOnlyKeys(key("a"), key("b"));
        assertThat(run.hasUnderWay(LANE)).isTrue();
        broker.completeNext();
        awaitSent("a1", "a2");
        broker.completeNext();
        awaitSent("a1", "a2", "b1");
        assertThat(left()).as("deleted together").hasSize(3);
        broker.completeNext();
        assertThat(ended.get()).isEqualTo(ReleaseRun.Found.DUE);
        assertThat(left()).isEmpty();
        assertThat(recorder.sent).hasSize(3);
        assertThat(run.hasUnderWay(LANE)).isFalse();
        assertThat(broker.closed()).isTrue();
    }

    @Test
    void aMessageThatIsRefusedAgainStaysWithTheLaterOnesOfItsKeyOnly() throws Exception {
        release("a", "a1", "poison", "a3");
        release("b", "b1", "b2");
        start();
        awaitSent("a1");
        broker.completeNext();
        awaitSent("a1", "poison");
        broker.errorNext(new RecordTooLargeException("as ever"));
        assertThat(ended.get()).isEqualTo(ReleaseRun.Found.DUE);
        assertThat(left()).containsExactly("poison", "a3", "b1", "b2");
        assertThat(due()).as("of the next run").containsExactly("b1", "b2");
        assertThat(recorder.notSent).hasSize(1);
    }

    /** More than are loaded at once: what is loaded later is of the same key. */
    @Test
    void afterARefusalNothingMoreOfTheRunIsSent() throws Exception {
        release("a", IntStream.range(0, 130).mapToObj(i -> "a" + i).toArray(String[]::new));
        start();
        awaitSent("a0");
        broker.errorNext(new RecordTooLargeException("as ever"));
        await().until(ended::isDone);
        assertThat(broker.history()).hasSize(1);
        assertThat(left()).hasSize(130);
    }

    /** The producer would wait for it, and its topic would be to blame. */
    @Test
    void aPartitionThatIsNotThereIsTheFaultOfTheMessageAndTheTopicGoesOn() throws Exception {
        release("a", "a1");
        release("b", "b1");
        sql.update("update reliable_messaging.outbox_quarantine set partition = 3 where value = 'a1'");
        start();
        await().until(ended::isDone);
        assertThat(sql.queryForObject(
                        "select error_message from reliable_messaging.outbox_quarantine where value = 'a1'"
                                + " and not released",
                        String.class))
                .contains("Partition 3 of topic t is not there");
        assertThat(due()).containsExactly("b1");
    }

    @Test
    void afterTheLeaseIsOverNothingMoreIsSent() throws Exception {
        release("a", "a1", "a2");
        start();
        awaitSent("a1");
        lease = new LaneLease(lease.epochs(), 32, System.nanoTime());
        broker.completeNext();
        ended.get();
        assertThat(left()).as("what was sent under the lease is deleted").containsExactly("a2");
        assertThat(broker.history()).hasSize(1);
    }

    /** Another instance has had the lane in between: what this one has read may be long past. */
    @Test
    void afterALaneWasLostAndIsOursAgainNothingMoreIsSent() throws Exception {
        release("a", "a1", "a2");
        start();
        awaitSent("a1");
        lease = lease(2);
        broker.completeNext();
        ended.get();
        assertThat(left()).containsExactly("a2");
        assertThat(broker.history()).hasSize(1);
    }

    @Test
    void ofALaneThatOthersShouldHaveNothingMoreIsSent() throws Exception {
        release("a", "a1", "a2");
        start();
        awaitSent("a1");
        run.retain(Set.of(LANE + 1));
        assertThat(run.hasUnderWay(LANE)).as("not handed over yet").isTrue();
        broker.completeNext();
        ended.get();
        assertThat(run.hasUnderWay(LANE)).isFalse();
        assertThat(broker.history()).hasSize(1);
    }

    /** It may have been written, so it is sent again before the later ones; meanwhile its topic waits. */
    @Test
    void whatTheBrokerDoesNotAnswerIsGivenUpAndItsTopicWaits() throws Exception {
        release("a", "a1", "a2");
        start();
        await().atMost(Duration.ofMinutes(1)).until(ended::isDone);
        assertThat(broker.history()).hasSize(1);
        assertThat(broker.closed()).isTrue();
        assertThat(sendGate.pausedTopics()).containsExactly("t");
        assertThat(due()).containsExactly("a1", "a2");
    }

    @Test
    void whatIsGivenUpStays() throws Exception {
        release("a", "a1", "a2");
        start();
        awaitSent("a1");
        run.abandon();
        assertThat(ended.get()).isEqualTo(ReleaseRun.Found.DUE);
        assertThat(left()).containsExactly("a1", "a2");
        assertThat(recorder.notSent).isEmpty();
        assertThat(broker.closed()).isTrue();
    }

    /** It was under way when the later one was refused, and its topic has taken nothing since. */
    @Test
    void aKeyWaitsForAnEarlierMessageThatIsStillInTheOutbox() {
        insert("a");
        release("a", "a1", "a2");
        release("b", "b1");
        assertThat(due()).containsExactly("b1");
        sql.update("update reliable_messaging.outbox_message set key = 'c'");
        assertThat(due()).as("of another key").containsExactly("a1", "a2", "b1");
        insert("a");
        assertThat(due()).as("a later one").containsExactly("a1", "a2", "b1");
    }

    private void insert(String key) {
        sql.update(
                "insert into reliable_messaging.outbox_message (lane, message_id, topic, key, value, headers)"
                        + " values (?, gen_random_uuid(), 't', ?, 'waits', '\\x0000')",
                LANE,
                key.getBytes(UTF_8));
    }

    @Test
    void whatIsDueTellsHowLargeItIsWithoutItsPayload() {
        release("a", "x".repeat(1_000_000));
        assertThat(rows.findDue(Set.of(LANE), NONE, 10)).singleElement().satisfies(row -> {
            assertThat(row.bytes()).isEqualTo(1_000_002);
        });
        assertThat(rows.findDue(Set.of(LANE), Set.of("t"), 10)).as("left out").isEmpty();
        assertThat(rows.findDue(Set.of(LANE + 1), NONE, 10)).isEmpty();
    }

    private List<String> due() {
        return rows.load(rows.findDue(Set.of(LANE), NONE, 10)).stream()
                .map(row -> new String(row.message().value(), UTF_8))
                .toList();
    }

    private void release(String key, String... values) {
        boolean first = true;
        for (String value : values) {
            sql.update(
                    "insert into reliable_messaging.outbox_quarantine (lane, id, message_id, topic, key, value, headers,"
                            + " created_at, error_class, released) values (?, ?, gen_random_uuid(), 't', ?, ?, '\\x0000',"
                            + " now(), ?, ?)",
                    LANE,
                    nextId(),
                    key.getBytes(UTF_8),
                    value.getBytes(UTF_8),
                    first ? "Refused" : null,
                    first);
            first = false;
        }
    }

    private long nextId() {
        return sql.queryForObject("select nextval('reliable_messaging.outbox_message_id_seq')", Long.class);
    }

    private void start() {
        QuarantineTable quarantine = new QuarantineTable(dataSource, schema, UUID.randomUUID());
        MessagingObserver observer = new ShieldedObservers(() -> List.of(recorder));
        sendGate = new SendGate(quarantine, new ProducerRefusal(), observer, Infrastructure.unwatched());
        run = new ReleaseRun(rows, sendGate, observer, tracing, () -> broker, Set.of(LANE), () -> lease);
        ended = CompletableFuture.supplyAsync(this::send, Threads.NEW);
    }

    private ReleaseRun.Found send() {
        try {
            return run.send(NONE);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void awaitSent(String... values) {
        await().untilAsserted(() ->
                assertThat(broker.history()).extracting(ReleaseRunIT::value).containsExactly(values));
    }

    private static String value(ProducerRecord<byte[], byte[]> record) {
        return new String(record.value(), UTF_8);
    }

    private List<String> left() {
        return sql.queryForList(
                "select convert_from(value, 'UTF8') from reliable_messaging.outbox_quarantine order by id",
                String.class);
    }

    private static TopicKey key(String key) {
        return TopicKey.of("t", key.getBytes(UTF_8));
    }

    private static LaneLease lease(long epoch) {
        return new LaneLease(
                Map.of(LANE, epoch), 32, System.nanoTime() + Duration.ofHours(1).toNanos());
    }
}
