package io.reliablemessaging.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.faults.bank.Transfer;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Two instances share partitions and hand them over while the database comes and goes, and the checker judges what came of it. */
@Tag("long")
class HandOverFaultsIT {

    private static final int MESSAGES = 200;
    private static final int KEYS = 40;

    private static Site site;
    private static Operator operator;
    private static Faults faults;

    private long posted;

    @BeforeAll
    static void start() throws IOException {
        site = Site.startSmall("hand-over");
        operator = new Operator(site);
        faults = new Faults(site, operator);
    }

    @AfterAll
    static void stop() {
        operator.close();
        site.close();
    }

    @BeforeEach
    void beginAnew() throws Exception {
        site.beginAnew();
        posted = 0;
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "EAGER") // as nearly everywhere else
    void losesRepeatsAndReordersNothing(Membership membership) throws Exception {
        Instance first = consumer("first", new Host(membership, true));
        post();
        first.launch();
        awaitEffectsOf(first);
        Instance second = consumer("second", new Host(membership, false));
        second.launch();
        second.awaitStarted();
        postUntilBothWork(first, second);

        flicker(first);
        dieInSilence(second);
        handOverInAnOutage(first, second);
        // and back
        second.awaitStarted();
        postUntilBothWork(first, second);
        awaitAll();
        assertThat(Checker.judge(new Historian(site, operator, Map.of("transfers", List.of("booking"))).collect()))
                .isEmpty();
    }

    private void flicker(Instance instance) throws Exception {
        Fault flickering = faults.flickering(instance.database(), 6);
        flickering.begin().run();
        for (int i = 0; i < 5; i++) {
            post();
            awaitEffects();
        }
        flickering.heal().run();
    }

    /** It waits for the answer to a statement, and for no other reason than that would never end. */
    private void dieInSilence(Instance instance) throws Exception {
        String key = site.jdbc()
                .sql("select key from bank.effect where instance = :name order by id desc limit 1")
                .param("name", instance.name())
                .query(String.class)
                .single();
        Fault dead = faults.deadInSilence(instance);
        try (Connection lock = site.connect();
                PreparedStatement tally = lock.prepareStatement("select 1 from bank.tally where key = ? for update")) {
            lock.setAutoCommit(false);
            tally.setString(1, key);
            tally.execute();
            posted++;
            operator.post(Transfer.of(key));
            Rest.await("a handler that waits", () -> waiting() > 0 ? null : "nobody");
            dead.begin().run();
            lock.rollback();
        }
        post();
        awaitEffects();
        dead.heal().run();
    }

    private void handOverInAnOutage(Instance heir, Instance leaving) throws Exception {
        Fault outage = faults.handedOverInAnOutage(heir, leaving);
        post();
        outage.begin().run();
        post();
        heir.database().heal();
        awaitEffects(); // by the heir alone
        outage.heal().run();
    }

    /** Some of the messages fail, so that there are parked keys whatever happens. */
    private void post() {
        post(MESSAGES);
    }

    private void post(int messages) {
        operator.post(IntStream.range(0, messages)
                .mapToObj(i -> i % 23 == 0 ? Transfer.failing("k" + i % KEYS, 1 + i % 3) : Transfer.of("k" + i % KEYS))
                .toList());
        posted += messages;
    }

    private void postUntilBothWork(Instance... instances) {
        for (Instance instance : instances) {
            long before = effectsOf(instance);
            Rest.await("work of " + instance, () -> {
                post(KEYS);
                return effectsOf(instance) > before ? null : posted;
            });
        }
    }

    private static Instance consumer(String name, Host host) {
        return site.add(
                name,
                host.properties(
                        "bank.consume=true",
                        "reliable-messaging.relay.lease=1s",
                        "reliable-messaging.listener.transaction-timeout=3s"));
    }

    private static void awaitEffectsOf(Instance instance) {
        Rest.await("work of " + instance, () -> effectsOf(instance) > 0 ? null : "none");
    }

    private static long effectsOf(Instance instance) {
        return count("bank.effect where instance = '" + instance.name() + "'");
    }

    private void awaitEffects() {
        Rest.await("all effects", () -> {
            long left = posted - count("bank.effect");
            return left == 0 ? null : left;
        });
    }

    private void awaitAll() {
        awaitEffects();
        Rest.await("nothing parked", () -> {
            long left = count("reliable_messaging.parked_key");
            return left == 0 ? null : left;
        });
    }

    private static long waiting() {
        return count("pg_stat_activity where wait_event_type = 'Lock' and query like '%bank.tally%'");
    }

    private static long count(String where) {
        return site.jdbc()
                .sql("select count(*) from " + where)
                .query(Long.class)
                .single();
    }
}
