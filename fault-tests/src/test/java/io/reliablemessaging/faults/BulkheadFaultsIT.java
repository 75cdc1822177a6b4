package io.reliablemessaging.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.faults.bank.Transfer;
import io.reliablemessaging.producer.RelayMutations;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One topic, one instance, one thread or one session of the database is sick; the others go on, and nothing is lost or out of order. */
@Tag("long")
class BulkheadFaultsIT {

    private static final Map<String, List<String>> NO_LISTENERS = Map.of("transfers", List.of());

    private static final int DEAD_ROWS = Integer.getInteger("faults.dead-rows", 1_000_000);

    private static final int PARTITIONS = 6; // of the topic

    // of the one instance that there is then
    private static final int MORE_THAN_IN_FLIGHT = 15_000;

    private static final String LEASE = "reliable-messaging.relay.lease=2s";

    // where the relay's threads pass by: reading, taking answers, deleting, renewing, listening, moving what was
    // delayed
    private static final List<String> PLACES = List.of(
            "outbox.OutboxReader.heads",
            "producer.RelayProducer.confirmation",
            "outbox.OutboxTable.delete",
            "lanes.LaneLeases.renew",
            "lanes.LaneNoticeListener.notices",
            "delayed.DelayedMessages.move");

    // the other instance does what those threads do no more, so nothing but their own word shows that they go on
    private static final Map<String, String> OVER = Map.of(
            "lanes.LaneNoticeListener.notices", "Messages of other instances are announced again",
            "delayed.DelayedMessages.move", "Delayed messages are moved again");

    private static final String COMES_BACK = "This instance takes lanes again";

    private final Injections injections = new Injections();

    @ParameterizedTest
    @ValueSource(strings = {"min-isr=3", "replicas=1"}) // with a dead broker: under min ISR, and without a leader
    void aTopicThatTakesNothingStopsNoOther(String topic) throws Exception {
        try (Site site = site("topic-" + topic.replace('=', '-'), 1, "reliable-messaging.topics.transfers." + topic);
                Operator operator = new Operator(site)) {
            Faults faults = new Faults(site, operator);
            Progress progress = new Progress(site);
            site.beginWork();
            progress.await();
            Fault death = injections.begin(faults.killed(site.kafka().broker(site.leader("transfers", 0))));
            for (int posted = 0; posted < MORE_THAN_IN_FLIGHT; posted += 1_000) {
                operator.post(transfersOfThatPartition(1_000));
            }
            awaitWaiting(site, MORE_THAN_IN_FLIGHT);
            for (int round = 0; round < 20; round++) {
                operator.post("receipts", transfersOfAllKeys());
                Rest.await("all receipts on Kafka", () -> nullIfZero(waiting(site, "receipts")));
            }
            assertThat(waiting(site, "transfers"))
                    .as("transfers that wait meanwhile")
                    .isGreaterThanOrEqualTo(MORE_THAN_IN_FLIGHT);
            death.heal().run();
            progress.awaitAllSent();
            Run.end(
                    "Relay beside a topic with " + topic + " and a dead broker",
                    site,
                    operator,
                    Map.of("transfers", List.of(), "receipts", List.of()),
                    injections.counts());
        }
    }

    /** It goes on publishing, and its lanes are sent by the other. */
    @ParameterizedTest
    @EnumSource(names = {"CUT", "SILENT"})
    void anInstanceThatReachesNoBrokerLeavesItsLanesToTheOther(Link.State state) throws Exception {
        try (Site site = site("cut-off-" + state, 2);
                Operator operator = new Operator(site)) {
            Faults faults = new Faults(site, operator);
            Progress progress = new Progress(site);
            site.beginWork();
            progress.await();
            for (Instance instance : site.instances()) {
                Fault cut = injections.begin(faults.cutOffFromKafka(instance, state));
                awaitOwners(site, 1);
                progress.await(2_000); // for longer than it would stand aside if brokers answered it
                progress.awaitAllSent();
                assertThat(instance.hasLogged(COMES_BACK)).as(COMES_BACK).isFalse();
                cut.heal().run();
                instance.awaitLogged(COMES_BACK);
                awaitOwners(site, 2);
                progress.await();
            }
            Run.end("Relay cut off from Kafka: " + state, site, operator, NO_LISTENERS, injections.counts());
        }
    }

    @Test
    void anErrorInAnyThreadOfTheRelayEndsNothing() throws Exception {
        try (Site site = Site.start("errors");
                Operator operator = new Operator(site)) {
            Path patch = site.directory().resolve("patches");
            switches().writeTo(patch);
            Instance sick = producer(site, 0).patchedWith(patch);
            producer(site, 1);
            site.startAll();

            Faults faults = new Faults(site, operator);
            Progress progress = new Progress(site);
            site.beginWork();
            progress.await();
            for (String place : PLACES) {
                ErrorSwitch errors = new ErrorSwitch(site.directory(), "io.reliablemessaging." + place);
                Fault fault = injections.begin(faults.error(sick, errors));
                sick.awaitLogged(errors.text());
                progress.await(200);
                progress.awaitAllSent(); // by the other, if it cannot
                fault.heal().run();
                if (OVER.containsKey(place)) {
                    sick.awaitLogged(OVER.get(place));
                }
                awaitOwners(site, 2);
                progress.await();
            }
            assertThat(sick.starts()).as("starts of the process").isOne();
            Run.end("Relay with errors in its threads", site, operator, NO_LISTENERS, injections.counts());
        }
    }

    private static Mutant switches() {
        Mutant switches = new Mutant();
        for (String place : PLACES) {
            int method = place.lastIndexOf('.');
            switches.with(
                    place.substring(0, method), place.substring(method + 1), RelayMutations.FailsWithAnError.class);
        }
        return switches;
    }

    /** All rows that are sent stay in the index, dead. Each new relay has to walk over them, and may be stopped amid that. */
    @Test
    void anOldSnapshotKeepsNoNewRelayFromSending() throws Exception {
        try (Site site = site("old-snapshot", 2);
                Operator operator = new Operator(site)) {
            Faults faults = new Faults(site, operator);
            Progress progress = new Progress(site);
            site.beginWork();
            Fault snapshot = injections.begin(faults.oldSnapshot());
            progress.await(1_000);
            leaveDeadRows(site);
            progress.await(1_000);
            for (Instance instance : site.instances()) {
                Fault death = injections.begin(faults.killed(instance));
                death.heal().run();
                instance.awaitStarted();
                progress.await();
            }
            for (Instance instance : site.instances()) {
                injections.begin(faults.killed(instance));
            }
            site.startAll();
            progress.awaitAllSent();
            progress.await(500);
            for (Instance instance : site.instances()) {
                Fault stop = injections.begin(faults.stopped(instance));
                progress.awaitAllSent();
                stop.heal().run();
                instance.awaitStarted();
            }
            snapshot.heal().run();
            progress.await();
            Run.end("Relays under an old snapshot", site, operator, NO_LISTENERS, injections.counts());
        }
    }

    /** As if so many had been sent and deleted. Nobody can see them, as they come and go in one transaction. */
    private static void leaveDeadRows(Site site) throws Exception {
        try (Connection connection = site.connect();
                PreparedStatement insert = connection.prepareStatement(
                        "insert into reliable_messaging.outbox_message (lane, message_id, topic, headers)"
                                + " select n % 32, uuidv7(), 'gone', '\\x0000' from generate_series(1, ?) n");
                PreparedStatement delete = connection.prepareStatement(
                        "delete from reliable_messaging.outbox_message where topic = 'gone'")) {
            connection.setAutoCommit(false);
            insert.setInt(1, DEAD_ROWS);
            assertThat(insert.executeUpdate()).isEqualTo(DEAD_ROWS);
            assertThat(delete.executeUpdate()).isEqualTo(DEAD_ROWS);
            connection.commit();
        }
    }

    /** Of keys of partition 0, whose leader is dead. */
    private static List<Transfer> transfersOfThatPartition(int count) {
        List<String> keys = IntStream.range(0, Site.KEYS)
                .mapToObj(i -> "k" + i)
                .filter(key -> Utils.toPositive(Utils.murmur2(key.getBytes(StandardCharsets.UTF_8))) % PARTITIONS == 0)
                .toList();
        return IntStream.range(0, count)
                .mapToObj(i -> Transfer.of(keys.get(i % keys.size())))
                .toList();
    }

    private static List<Transfer> transfersOfAllKeys() {
        return IntStream.range(0, Site.KEYS).mapToObj(i -> Transfer.of("k" + i)).toList();
    }

    private static void awaitWaiting(Site site, long rows) {
        Rest.await(rows + " transfers that wait", () -> {
            long now = waiting(site, "transfers");
            return now >= rows ? null : now;
        });
    }

    private static long waiting(Site site, String topic) {
        return site.jdbc()
                .sql("select count(*) from reliable_messaging.outbox_message where topic = :topic")
                .param("topic", topic)
                .query(Long.class)
                .single();
    }

    /** Waits until each of so many instances has lanes. */
    private static void awaitOwners(Site site, int owners) {
        Rest.await(owners + " owners of lanes", () -> {
            long now = site.jdbc()
                    .sql("select count(distinct owner) from reliable_messaging.relay_lane"
                            + " where expires_at > clock_timestamp()")
                    .query(Long.class)
                    .single();
            return now == owners ? null : now;
        });
    }

    private static Object nullIfZero(long count) {
        return count == 0 ? null : count;
    }

    /** With instances that publish and send. */
    private static Site site(String name, int instances, String... properties) throws Exception {
        Site site = Site.start(name);
        for (int i = 0; i < instances; i++) {
            producer(site, i, properties);
        }
        site.startAll();
        return site;
    }

    /** The brokers' links know it by its name. */
    private static Instance producer(Site site, int number, String... properties) {
        String name = "producer-" + number;
        return site.add(
                name,
                Stream.concat(
                                Stream.of(
                                        "bank.threads=2",
                                        "bank.seed=" + number,
                                        "spring.kafka.client-id=" + name,
                                        LEASE),
                                Stream.of(properties))
                        .toArray(String[]::new));
    }
}
