package io.reliablemessaging.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Instances of another release and of this one work side by side on one schema, first come the old ones and at last there are
 * only new ones, and the checker judges what came of it. {@code rolling-upgrade.sh} builds the other release and runs this.
 */
@Tag("long")
@EnabledIfSystemProperty(named = RollingUpgradeIT.OTHER, matches = ".+")
class RollingUpgradeIT {

    static final String OTHER = "faults.other-release";

    private static final Map<String, List<String>> GROUPS =
            Map.of("transfers", List.of("booking"), "receipts", List.of("audit"));

    // enough of them for messages that are parked, dead, and behind one another
    private static final int AMOUNT = 1_000;

    private final Path other = Path.of(System.getProperty(OTHER, ""));

    @Test
    void losesRepeatsAndReordersNothing() throws Exception {
        assertThat(Files.isRegularFile(other.resolve("META-INF/spring.factories")))
                .isTrue();
        try (Site site = Site.startSmall("rolling-upgrade")) {
            Instance oldProducer = producer(site, "old-producer").withStarter(other);
            Instance oldConsumer = consumer(site, "old-consumer").withStarter(other);
            Stream.of(oldProducer, oldConsumer).forEach(Instance::launch);
            Stream.of(oldProducer, oldConsumer).forEach(Instance::awaitStarted);
            try (Operator operator = new Operator(site)) {
                site.beginWork();
                awaitWork(site);

                Instance newProducer = producer(site, "new-producer");
                Instance newConsumer = consumer(site, "new-consumer");
                Stream.of(newProducer, newConsumer).forEach(Instance::launch);
                Stream.of(newProducer, newConsumer).forEach(Instance::awaitStarted);
                awaitWork(site);

                // a restart amid the upgrade: the old release meets the tables of the new one
                oldConsumer.kill();
                oldConsumer.launch();
                oldConsumer.awaitStarted();
                awaitWork(site);

                // what is under way goes to the new ones, from an orderly stop and from a dead process
                oldConsumer.stop();
                oldProducer.kill();
                awaitWork(site);
                // its threads have to say that they are done: so it comes back, upgraded
                oldProducer.withStarter(null).launch();
                oldConsumer.withStarter(null).launch();
                Stream.of(oldProducer, oldConsumer).forEach(Instance::awaitStarted);
                Run.end("rolling upgrade from " + other, site, operator, GROUPS, Map.of());
            }
        }
    }

    private static Instance producer(Site site, String name) {
        return site.add(
                name,
                "bank.threads=2",
                "bank.pace=20ms",
                "bank.seed=" + name.hashCode(),
                "reliable-messaging.relay.lease=3s");
    }

    private static Instance consumer(Site site, String name) {
        return site.add(
                name,
                "bank.consume=true",
                "reliable-messaging.relay.lease=3s",
                "reliable-messaging.listener.transaction-timeout=20s");
    }

    private static void awaitWork(Site site) {
        long enough = effects(site) + AMOUNT;
        Rest.await("effects", () -> {
            long left = enough - effects(site);
            return left <= 0 ? null : left;
        });
    }

    private static long effects(Site site) {
        return site.jdbc()
                .sql("select count(*) from bank.effect")
                .query(Long.class)
                .single();
    }
}
