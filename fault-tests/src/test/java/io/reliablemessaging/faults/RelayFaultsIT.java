package io.reliablemessaging.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.faults.Operator.Held;
import io.reliablemessaging.test.KafkaBroker;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From the commit to Kafka, under load, with everything on the way killed, stopped and brought back. Not in the test command: {@code -Dfaults.excluded=}. */
@Tag("long")
class RelayFaultsIT {

    private static final Map<String, List<String>> NO_LISTENERS = Map.of("transfers", List.of());

    private final Injections injections = new Injections();

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void losesAndReordersNothingWhileInstancesBrokerAndDatabaseDie(int count) throws Exception {
        try (Site site = site("relay-" + count, count);
                Operator operator = new Operator(site)) {
            Faults faults = new Faults(site, operator);
            Progress progress = new Progress(site);
            site.beginWork();
            progress.await();
            for (Instance instance : site.instances().subList(0, 2)) {
                Fault death = injections.begin(faults.killed(instance));
                progress.awaitAllSent();
                death.heal().run();
                instance.awaitStarted();
                progress.await();
            }
            zombie(faults, site.instances().get(0), progress);

            Fault brokerDeath = injections.begin(faults.killed(leader(site)));
            progress.await();
            Fault databaseDeath = injections.begin(faults.databaseKilled());
            databaseDeath.heal().run();
            site.instances().forEach(Instance::ensureRunning);
            progress.await();
            brokerDeath.heal().run();
            progress.await();

            zombie(faults, site.instances().get(1), progress);
            site.instances().forEach(Instance::awaitStarted);
            Run.end("Relay with %d instances".formatted(count), site, operator, NO_LISTENERS, injections.counts());
        }
    }

    @Test
    void aWritingTransactionThatStaysOpenStallsNothingAndIsNotLostWhenItCommits() throws Exception {
        try (Site site = site("open-writer", 2);
                Operator operator = new Operator(site)) {
            Faults faults = new Faults(site, operator);
            Progress progress = new Progress(site);
            List<Held> open =
                    IntStream.range(0, 8).mapToObj(i -> operator.held()).toList();
            site.beginWork();
            for (Held each : open) {
                progress.await();
                each.begin();
            }
            Fault death = injections.begin(faults.killed(site.instances().get(0)));
            progress.awaitAllSent();
            death.heal().run();
            zombie(faults, site.instances().get(1), progress);
            // enough for the relay to have read past what is dead
            progress.await(4_000);
            open.forEach(Held::commit);

            History history =
                    Run.end("Relay beside open transactions", site, operator, NO_LISTENERS, injections.counts());
            assertThat(history.committed().stream()
                            .filter(message -> message.kind().equals("LATE")))
                    .hasSize(open.size());
        }
    }

    /** All commits have waited for the standby, so none is lost. Deletes of sent rows have not, so some are sent again. */
    @Test
    void losesAndReordersNothingWhenAStandbyIsPromotedUnderLoad() throws Exception {
        try (Site site = site("promoted", 2);
                Operator operator = new Operator(site)) {
            Faults faults = new Faults(site, operator);
            Progress progress = new Progress(site);
            site.startStandby();
            site.beginWork();
            progress.await(500);
            injections.begin(faults.standbyPromoted());
            site.instances().forEach(Instance::ensureRunning);
            progress.await(500);
            zombie(faults, site.instances().get(0), progress);
            site.instances().forEach(Instance::awaitStarted);
            Run.end("Relay through a fail-over", site, operator, NO_LISTENERS, injections.counts());
        }
    }

    /** Sleeps until the others have all its lanes, and wakes up with what it was about to send. */
    private void zombie(Faults faults, Instance instance, Progress progress) throws Exception {
        Fault pause = injections.begin(faults.paused(instance));
        progress.awaitAllSent();
        pause.heal().run();
        progress.await();
    }

    private static KafkaBroker leader(Site site) throws Exception {
        return site.kafka().broker(site.leader("transfers", 0));
    }

    private static Site site(String name, int instances) throws Exception {
        Site site = Site.start(name);
        for (int i = 0; i < instances; i++) {
            site.add("producer-" + i, "bank.threads=2", "bank.seed=" + i, "reliable-messaging.relay.lease=2s");
        }
        site.startAll();
        return site;
    }
}
