package io.reliablemessaging.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.faults.Violation.Promise;
import io.reliablemessaging.faults.bank.Transfer;
import io.reliablemessaging.outbox.OutboxMutations;
import io.reliablemessaging.producer.RelayMutations;
import io.reliablemessaging.publish.PublishMutations;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** What breaks between the commit and Kafka if one mechanism is missing. */
class RelayMutantsIT extends MutantTest {

    RelayMutantsIT() {
        super(Map.of("transfers", List.of()));
    }

    @Test
    void catchesDeletionBeforeTheAcknowledgement() throws Exception {
        Mutant mutant = new Mutant().with("producer.RelayProducer", "send", RelayMutations.AcknowledgesUnasked.class);
        caught(Promise.NOTHING_LOST, mutant, (patch, mutated) -> {
            Instance relay = start("relay", patch);
            operator.post(Transfer.of("k0"));
            awaitEmptyOutbox();
            site.kafka().broker(0).stop();
            operator.post(Transfer.of("k1"));
            if (mutated) {
                awaitEmptyOutbox();
            }
            relay.kill();
            site.kafka().broker(0).restart();
            relay.launch();
            operator.post(Transfer.of("k2"));
            awaitEmptyOutbox();
        });
    }

    /** The producer's thread waits in the callback of another record until the poison and what follows it are all handed over. */
    @Test
    @Tag("long")
    void catchesFiveRequestsInFlightWithAPoisonRecord() throws Exception {
        Mutant gates = new Mutant()
                .with("producer.RelayProducer", "confirmation", RelayMutations.GateBeforeConfirmation.class)
                .with("producer.RelayProducer", "send", RelayMutations.GateAfterSend.class);
        Mutant mutant =
                new Mutant().with("producer.ProducerConfiguration", "safe", RelayMutations.SendsFiveAtOnce.class);
        caught(Promise.FIRST_APPEARANCES_ARE_IN_ORDER, gates, mutant, (patch, mutated) -> {
            // The broker must not know the producer in the poison's partition, or it refuses what follows by itself.
            assertThat(List.of(partition("k0"), partition("k2"), partition("k3")))
                    .doesNotHaveDuplicates();
            Faults faults = new Faults(site, operator);
            faults.smallTopic().begin().run();
            Gate confirmation = new Gate(site.directory(), "confirmation");
            Gate last = new Gate(site.directory(), "sent-k3");
            confirmation.close();
            last.close();
            // each record in a request of its own, or all may be in the one that is refused
            start("relay", patch, "1s", "spring.kafka.producer.properties.batch.size=1");
            operator.post(Transfer.of("k2"));
            confirmation.awaitSomebody();
            operator.post(Transfer.large("k0"));
            for (int i = 0; i < 5; i++) {
                operator.post(Transfer.of("k0"));
            }
            operator.post(Transfer.of("k3"));
            last.awaitSomebody();
            confirmation.open();
            last.open();
            awaitQuarantined(1);
            faults.smallTopic().heal().run();
            site.release();
            awaitEmptyOutbox();
        });
    }

    @Test
    void catchesAHandOverThatIgnoresBlockedKeys() throws Exception {
        Mutant mutant = new Mutant().with("quarantine.BlockedKeys", "follow", RelayMutations.SkipsTheMethod.class);
        caught(Promise.FIRST_APPEARANCES_ARE_IN_ORDER, mutant, (patch, mutated) -> {
            Instance relay = start("relay", patch);
            Faults faults = new Faults(site, operator);
            faults.smallTopic().begin().run();
            operator.post(Transfer.large("k0"));
            awaitQuarantined(1);
            relay.stop();
            relay.launch();
            operator.post(Transfer.of("k0"));
            awaitEmpty("reliable_messaging.outbox_message");
            faults.smallTopic().heal().run();
            site.release();
            awaitEmptyOutbox();
        });
    }

    /** Found by a long run: what the failed producer had given up stayed in flight, and newer messages passed it. */
    @Test
    @Tag("long")
    void sendsInOrderThoughTheDatabaseIsAwayWhenARefusalIsToBeNoted() throws Exception {
        Mutant gate = new Mutant().with("quarantine.QuarantineTable", "move", RelayMutations.GateBeforeMove.class);
        assertThat(played(gate, false, (patch, mutated) -> {
                    Instance relay = start("relay", patch);
                    Gate move = new Gate(site.directory(), "move");
                    Faults faults = new Faults(site, operator);
                    faults.smallTopic().begin().run();
                    move.close();
                    operator.post(List.of(Transfer.large("k0"), Transfer.of("k0"), Transfer.of("k0")));
                    move.awaitSomebody();
                    site.postgres().kill();
                    move.open();
                    relay.awaitLogged("PostgreSQL is away");
                    site.postgres().restart();
                    faults.smallTopic().heal().run();
                    operator.post(Transfer.of("k0"));
                    site.release();
                    awaitEmptyOutbox();
                }))
                .isEmpty();
    }

    /** One instance is about to put a message behind another in quarantine, and sleeps; its successor is about to read. */
    @Test
    @Tag("long")
    void catchesAMoveToTheQuarantineByAnInstanceThatIsNoLongerTheOwner() throws Exception {
        Mutant gates = new Mutant()
                .with("quarantine.QuarantineTable", "move", RelayMutations.GateBeforeMove.class)
                .with("outbox.OutboxReader", "heads", OutboxMutations.GateBeforeHeads.class);
        Mutant mutant = new Mutant()
                .withText("quarantine.QuarantineTable", "and owner = :owner", "and cast(:owner as uuid) is not null");
        caught(Promise.FIRST_APPEARANCES_ARE_IN_ORDER, gates, mutant, (patch, mutated) -> {
            Instance zombie = start("zombie", patch);
            Gate move = new Gate(site.directory(), "move");
            Gate heads = new Gate(site.directory(), "heads");
            Faults faults = new Faults(site, operator);
            faults.smallTopic().begin().run();
            operator.post(Transfer.large("k0"));
            awaitQuarantined(1);
            UUID zombieId = anyOwner();
            move.close();
            operator.post(Transfer.of("k0"));
            move.awaitSomebody();
            zombie.pause();
            faults.smallTopic().heal().run();
            site.jdbc()
                    .sql("update reliable_messaging.outbox_quarantine set released = true")
                    .update();
            heads.close();
            // sends what is released, and reads nothing: a lease that is not over however long it waits at the gate
            Instance healer = start("healer", patch, "20s");
            awaitNoLaneOf(zombieId);
            awaitEmpty("reliable_messaging.outbox_quarantine");
            healer.kill();
            heads.open();
            heads.close(); // for somebody else
            UUID healerId = anyOwner();
            start("successor", patch, "5m");
            awaitNoLaneOf(healerId);
            heads.awaitSomebody();
            zombie.resume();
            move.open();
            if (mutated) {
                awaitQuarantined(1);
            }
            operator.post(Transfer.of("k0"));
            zombie.kill();
            heads.open();
            awaitEmptyOutbox();
        });
    }

    @Test
    void catchesAnInsertByTheCallAndNotByTheCommit() throws Exception {
        Mutant mutant = new Mutant().with("publish.Outbox", "append", PublishMutations.InsertsAtOnce.class);
        caught(Promise.FIRST_APPEARANCES_ARE_IN_ORDER, mutant, (patch, mutated) -> {
            Instance writer = site.add(
                            "writer", "bank.threads=1", "bank.only=OVERTAKEN", "reliable-messaging.relay.enabled=false")
                    .patchedWith(patch);
            writer.launch();
            site.beginWork();
            awaitRows("bank.posting", 20);
            writer.stop();
            start("relay", patch);
            awaitEmptyOutbox();
        });
    }

    /** An insert has drawn its id, and has no transaction id yet. It ends when the floor is far above it. */
    @Test
    void catchesAFloorThatIsDerivedFromASnapshot() throws Exception {
        Mutant mutant = new Mutant().with("outbox.OutboxReader", "writers", OutboxMutations.TrustsTheSnapshot.class);
        caught(Promise.NOTHING_LOST, mutant, (patch, mutated) -> {
            start("relay", patch);
            try (Connection gate = site.connect();
                    Connection connection = site.connect()) {
                drawUntilTheNextIdsAreNotLogged();
                JdbcClient lock = JdbcClient.create(new SingleConnectionDataSource(gate, true));
                lock.sql("select pg_advisory_lock(6)").query(row -> {});
                CompletableFuture<Void> late = CompletableFuture.runAsync(
                        () -> insertByHand(connection), new SimpleAsyncTaskExecutor("late-"));
                Rest.await("an insert without a transaction id", () -> waitingWithoutTransactionId() == 1 ? null : 0);
                for (int wave = 0; wave < 3; wave++) {
                    operator.post(IntStream.range(0, 2_500)
                            .mapToObj(i -> Transfer.of("k" + i % Site.KEYS))
                            .toList());
                    awaitEmptyOutbox();
                }
                lock.sql("select pg_advisory_unlock(6)").query(row -> {});
                late.join();
                operator.post(IntStream.range(0, Site.KEYS)
                        .mapToObj(i -> Transfer.of("k" + i))
                        .toList());
                Rest.await(
                        "the later ones",
                        () -> count("reliable_messaging.outbox_message") <= 1
                                ? null
                                : count("reliable_messaging.outbox_message"));
            }
        });
    }

    private static void insertByHand(Connection connection) {
        JdbcClient jdbc = JdbcClient.create(new SingleConnectionDataSource(connection, true));
        Transfer transfer = Transfer.of("l0");
        String json = "{\"token\":\"" + transfer.token() + "\"}";
        try {
            connection.setAutoCommit(false);
            jdbc.sql(
                            "insert into reliable_messaging.outbox_message (lane, message_id, topic, key, value, headers)"
                                    + " values (3, :id, 'transfers', 'l0', (case when pg_advisory_lock(6) is null then '' else :json end)::bytea, '\\x0000')")
                    .param("id", UUID.randomUUID())
                    .param("json", json)
                    .update();
            jdbc.sql("insert into bank.posting values (:token, 'transfers', 'l0', 1, 0, 'BY_HAND', 'test')")
                    .param("token", transfer.token())
                    .update();
            connection.commit();
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    // every 32nd id is written to the log, and that alone gives the insert a transaction id
    private static void drawUntilTheNextIdsAreNotLogged() {
        String sequence = "reliable_messaging.outbox_message_id_seq";
        long left;
        do {
            site.jdbc().sql("select nextval('" + sequence + "')").query(row -> {});
            left = site.jdbc()
                    .sql("select log_cnt from " + sequence)
                    .query(Long.class)
                    .single();
        } while (left < 8);
    }

    private static long waitingWithoutTransactionId() {
        return site.jdbc()
                .sql("select count(*) from pg_stat_activity where wait_event = 'advisory' and backend_xid is null"
                        + " and datname = current_database()")
                .query(Long.class)
                .single();
    }

    private static int partition(String key) {
        return Utils.toPositive(Utils.murmur2(key.getBytes(StandardCharsets.UTF_8))) % 6; // as many as the topic has
    }

    private static Instance start(String name, Path patch) {
        return start(name, patch, "1s");
    }

    private static Instance start(String name, Path patch, String lease, String... properties) {
        Instance instance = site.add(
                        name,
                        Stream.concat(Stream.of("reliable-messaging.relay.lease=" + lease), Stream.of(properties))
                                .toArray(String[]::new))
                .patchedWith(patch);
        instance.launch();
        instance.awaitStarted();
        return instance;
    }

    private static UUID anyOwner() {
        return site.jdbc()
                .sql("select owner from reliable_messaging.relay_lane limit 1")
                .query(UUID.class)
                .single();
    }

    private static void awaitNoLaneOf(UUID owner) {
        Rest.await("a take-over of the lanes", () -> {
            long lanes = site.jdbc()
                    .sql("select count(*) from reliable_messaging.relay_lane where owner = :owner")
                    .param("owner", owner)
                    .query(Long.class)
                    .single();
            return lanes == 0 ? null : lanes;
        });
    }

    private static void awaitQuarantined(long rows) {
        awaitRows("reliable_messaging.outbox_quarantine", rows);
    }
}
