package io.reliablemessaging.faults;

import io.reliablemessaging.test.KafkaBroker;
import java.sql.Connection;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;

/** All the ways to break a site. */
final class Faults {

    private static final String BROKERS = "the brokers";
    private static final String DATABASE = "the database";
    private static final String SMALL = "1500";

    private final Site site;
    private final Operator operator;

    Faults(Site site, Operator operator) {
        this.site = site;
        this.operator = operator;
    }

    /** One of each kind, each with a target as chance has it. */
    List<Fault> any(RandomGenerator random) {
        Instance instance = site.instances().get(random.nextInt(site.instances().size()));
        KafkaBroker broker = site.kafka().broker(random.nextInt(3));
        Link brokerLink = site.brokerLinks().get(broker.index());
        Link link = random.nextBoolean() ? instance.database() : brokerLink;
        Duration delay = Duration.ofMillis(5 + random.nextInt(50));
        List<Instance> consumers =
                site.instances().stream().filter(Instance::listens).toList();
        Instance consumer = consumers.get(random.nextInt(consumers.size()));
        Instance other = consumers.get((consumers.indexOf(consumer) + 1) % consumers.size());
        return List.of(
                killed(instance),
                stopped(instance),
                paused(instance),
                killed(broker),
                paused(broker),
                underMinIsr(broker.index()),
                databaseKilled(),
                databasePaused(),
                broken(link, Link.State.CUT),
                broken(link, Link.State.SILENT),
                broken(link, Link.State.HALF_OPEN),
                slow(link, delay),
                flickering(link, random.nextLong()),
                deadInSilence(consumer),
                handedOverInAnOutage(consumer, other),
                oldSnapshot(),
                lateCommit(),
                smallTopic(),
                release(),
                redrive(1 + random.nextInt(5)));
    }

    Fault killed(Instance instance) {
        return new Fault("application killed", Set.of(instance), instance::kill, instance::ensureRunning);
    }

    /** Scales down and up again. */
    Fault stopped(Instance instance) {
        return new Fault("application stopped", Set.of(instance), instance::stop, instance::ensureRunning);
    }

    Fault paused(Instance instance) {
        return new Fault("application paused", Set.of(instance), instance::pause, instance::resume);
    }

    Fault killed(KafkaBroker broker) {
        // all, as one cannot start alone if another could not be started before
        return new Fault(
                "broker killed",
                Set.of(BROKERS),
                broker::kill,
                () -> site.kafka().startAll());
    }

    Fault paused(KafkaBroker broker) {
        return new Fault("broker paused", Set.of(BROKERS), broker::pause, broker::resume);
    }

    /** Two brokers are gone at once: nothing is acknowledged. */
    Fault underMinIsr(int survivor) {
        return new Fault(
                "under min ISR",
                Set.of(BROKERS),
                () -> site.kafka().brokers().stream()
                        .filter(broker -> broker.index() != survivor)
                        .forEach(KafkaBroker::kill),
                () -> site.kafka().startAll());
    }

    Fault databaseKilled() {
        return new Fault(
                "database killed",
                Set.of(DATABASE),
                () -> site.postgres().kill(),
                () -> site.postgres().restart());
    }

    /** Not among {@link #any}: it takes a standby, and there is one only. */
    Fault standbyPromoted() {
        return new Fault("standby promoted", Set.of(DATABASE), site::failOver, () -> {});
    }

    Fault databasePaused() {
        return new Fault(
                "database paused",
                Set.of(DATABASE),
                () -> site.postgres().pause(),
                () -> site.postgres().resume());
    }

    Fault broken(Link link, Link.State state) {
        String kind = "link " + state.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        return new Fault(kind, Set.of(link), () -> link.become(state), link::heal);
    }

    Fault slow(Link link, Duration delay) {
        return new Fault("link slow", Set.of(link), () -> link.slow(delay), link::heal);
    }

    /** One application reaches no broker, while all others do; its link to the database is as it was. */
    Fault cutOffFromKafka(Instance instance, Link.State state) {
        return new Fault(
                "cut off from Kafka",
                Set.of(instance, BROKERS),
                () -> site.brokerLinks().forEach(link -> link.become(instance.name(), state)),
                () -> site.brokerLinks().forEach(link -> link.become(instance.name(), Link.State.OPEN)));
    }

    /** A thread of an application meets an {@link Error} each time it comes to a place, which is woven into it. */
    Fault error(Instance instance, ErrorSwitch place) {
        return new Fault("error in a thread", Set.of(instance), place::on, place::off);
    }

    /** Connections break amid anything, one now and then, and new ones work. */
    Fault flickering(Link link, long seed) {
        return new Fault("link flickering", Set.of(link), () -> link.flicker(seed), link::heal);
    }

    /**
     * A consumer's connections to the database die, and it is never told; new ones work. Not for producers: their own
     * transactions, which nobody watches, would wait for ever.
     */
    Fault deadInSilence(Instance consumer) {
        Link link = consumer.database();
        return new Fault("link dead in silence", Set.of(link), link::killSilently, link::resetDead);
    }

    /** Partitions change hands while neither the one nor the other reaches the database. */
    Fault handedOverInAnOutage(Instance heir, Instance leaving) {
        return new Fault(
                "handed over in an outage",
                Set.of(leaving, heir.database(), leaving.database()),
                () -> {
                    heir.database().become(Link.State.CUT);
                    leaving.database().become(Link.State.CUT);
                    leaving.stop();
                },
                () -> {
                    heir.database().heal();
                    leaving.database().heal();
                    leaving.ensureRunning();
                });
    }

    /** Holds back the horizon: no dead row can be vacuumed. */
    Fault oldSnapshot() {
        AtomicReference<Connection> held = new AtomicReference<>();
        return new Fault(
                "old snapshot",
                Set.of("snapshot"),
                () -> {
                    held.set(site.connect());
                    held.get().setAutoCommit(false);
                    held.get().setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                    held.get().createStatement().execute("select count(*) from bank.posting");
                },
                () -> {
                    if (held.get() != null) {
                        held.get().close();
                    }
                });
    }

    /** A transaction that has written its messages and commits only when many later ones have been sent. */
    Fault lateCommit() {
        Operator.Held held = operator.held();
        return new Fault("late commit", Set.of("late commit"), held::begin, held::commit);
    }

    /** The topic takes no large records for a while. */
    Fault smallTopic() {
        return new Fault(
                "topic too small",
                Set.of("topic transfers"),
                () -> configure(OpType.SET),
                () -> configure(OpType.DELETE));
    }

    /** Not a fault, but to be done while things break; without it, a long run would end up with all keys in quarantine. */
    private Fault release() {
        return new Fault("quarantine released", Set.of("quarantine"), operator::release, () -> {});
    }

    /** Not a fault, either. */
    private Fault redrive(int few) {
        return new Fault("dead letters redriven", Set.of("dead letters"), () -> operator.redrive(few), () -> {});
    }

    private void configure(OpType type) throws Exception {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "transfers");
        AlterConfigOp limit = new AlterConfigOp(new ConfigEntry("max.message.bytes", SMALL), type);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", site.kafka().bootstrapServers()))) {
            admin.incrementalAlterConfigs(Map.of(topic, List.of(limit))).all().get();
        }
    }

    static boolean overlap(Fault fault, Stream<Fault> others) {
        Set<Object> taken = new HashSet<>();
        others.forEach(other -> taken.addAll(other.targets()));
        return fault.targets().stream().anyMatch(taken::contains);
    }
}
