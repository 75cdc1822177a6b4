package io.reliablemessaging.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.deadletter.RedriveMutations;
import io.reliablemessaging.faults.Violation.Promise;
import io.reliablemessaging.faults.bank.Transfer;
import io.reliablemessaging.lines.LineMutations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Consumers are killed and put to sleep at the worst moments, and the checker judges what came of it. */
class ListenerFaultsIT {

    private static final int MESSAGES = 1_000;
    private static final int KEYS = 40;

    private static Site site;
    private static Operator operator;

    @BeforeAll
    static void start() throws IOException {
        site = Site.startSmall("listener");
        operator = new Operator(site);
    }

    @AfterAll
    static void stop() {
        operator.close();
        site.close();
    }

    @BeforeEach
    void beginAnew() throws Exception {
        site.beginAnew();
    }

    @Test
    void aRedriveOfAThousandTakesEffectOnceThoughItsProcessIsKilledAmidIt() throws Exception {
        operator.post(transfers("k", -1));
        Instance failing = consumer("failing", "reliable-messaging.listener.max-attempts=1");
        failing.awaitStarted();
        awaitRows("reliable_messaging.parked_message where state = 'DEAD'", MESSAGES);
        awaitNone("reliable_messaging.outbox_message");
        failing.kill();

        Gate gate = new Gate(site.directory(), "redrive");
        gate.close();
        Mutant gated =
                new Mutant().with("deadletter.Redrive", "applyToDead", RedriveMutations.GateAmidTheThirdChunk.class);
        Instance redriving = patched("redriving", gated, "bank.repaired=true");
        Files.createFile(site.directory().resolve("redriving.redrive"));
        gate.awaitSomebody();
        redriving.kill();
        assertThat(count("reliable_messaging.parked_message where state = 'DEAD'"))
                .isBetween(1L, MESSAGES - 400L);

        gate.open();
        consumer("successor", "bank.repaired=true");
        Files.createFile(site.directory().resolve("successor.redrive"));
        awaitRows("bank.effect", MESSAGES);
        awaitNone("reliable_messaging.parked_message");
        History history = history();
        // once dead, a message is on the dead-letter topic for ever
        assertThat(Checker.judge(history))
                .filteredOn(violation -> violation.promise() != Promise.DEAD_LETTERS_AGREE)
                .isEmpty();
        assertThat(history.deadLetterTopic().get("booking")).hasSize(MESSAGES);
        assertThat(count("reliable_messaging.operation_log where action = 'redrive dead letter'"))
                .isEqualTo(MESSAGES);
    }

    @Test
    void killedBetweenTheCommitInTheDatabaseAndThatOfTheOffset() throws Exception {
        operator.post(Stream.of(transfers("k", 0), List.of(Transfer.failing("l0", 2), Transfer.of("l0")))
                .flatMap(List::stream)
                .toList());
        Mutant forgetful = new Mutant().with("lines.OffsetSpan", "toCommit", LineMutations.CommitsNothing.class);
        Instance dying = patched("dying", forgetful);
        awaitRows("bank.effect", MESSAGES + 2L);
        assertThat(uncommitted()).isEqualTo(MESSAGES + 2L);
        dying.kill();

        consumer("successor");
        awaitAllCommitted();
        assertThat(Checker.judge(history())).isEmpty();
    }

    @Test
    void killedBetweenAttemptsTheNextOneCountsOn() throws Exception {
        Transfer failing = Transfer.failing("k0", 3);
        operator.post(Stream.concat(
                        Stream.of(failing),
                        IntStream.range(0, 20).mapToObj(i -> i % 2 == 0 ? Transfer.of("k0") : Transfer.of("k1")))
                .toList());
        List<Instance> instances = new ArrayList<>();
        for (int failures = 1; failures <= 2; failures++) {
            Instance next = consumer(
                    "consumer-" + failures,
                    "reliable-messaging.listener.backoff.initial-delay=2s",
                    "reliable-messaging.listener.backoff.max-delay=2s");
            instances.add(next);
            awaitRows("reliable_messaging.parked_message where attempts >= " + failures, 1);
            next.kill();
        }
        instances.add(consumer("consumer-3"));
        awaitRows("bank.effect", 21);
        awaitNone("reliable_messaging.parked_key");
        History history = history();
        assertThat(Checker.judge(history)).isEmpty();
        // whoever was killed in the middle of a call has not counted it
        for (Instance instance : instances) {
            assertThat(history.entries())
                    .filteredOn(entry -> entry.token().equals(failing.token())
                            && entry.instance().equals(instance.name()))
                    .extracting(Entry::attempt)
                    .isSorted()
                    .allSatisfy(attempt -> assertThat(attempt).isGreaterThan(instances.indexOf(instance)));
        }
    }

    /** It sleeps in the middle of a handler, wakes up when others have its partitions, and goes on where it was. */
    @Test
    void aZombieTakesNoEffectTwiceAndBlocksNobody() throws Exception {
        Instance sleeper = consumer("sleeper", "reliable-messaging.listener.transaction-timeout=5s");
        sleeper.awaitStarted();
        operator.post(Transfer.of("k0"));
        awaitRows("bank.effect", 1);
        try (Connection lock = site.connect()) {
            lock.setAutoCommit(false);
            lock.createStatement().execute("select 1 from bank.tally where key = 'k0' for update");
            operator.post(
                    Stream.of("k0", "k1", "k0", "k1", "k0").map(Transfer::of).toList());
            awaitRows("bank.effect", 3);
            awaitCalls(sleeper, 4);
            sleeper.pause();
            lock.rollback();
        }
        consumer("heir", "reliable-messaging.listener.transaction-timeout=5s");
        awaitRows("bank.effect", 6);
        sleeper.resume();
        Rest.await("the sleeper at work again", () -> {
            operator.post(
                    IntStream.range(0, KEYS).mapToObj(i -> Transfer.of("k" + i)).toList());
            return count("bank.effect where instance = 'sleeper'") > 3 ? null : "only the heir handles";
        });
        awaitRows("bank.effect", count("bank.posting"));
        awaitAllCommitted();
        assertThat(Checker.judge(history())).isEmpty();
    }

    private static List<Transfer> transfers(String key, int failures) {
        return IntStream.range(0, MESSAGES)
                .mapToObj(i -> failures == 0 ? Transfer.of(key + i % KEYS) : Transfer.failing(key + i % KEYS, failures))
                .toList();
    }

    private static Instance consumer(String name, String... properties) throws IOException {
        return patched(name, new Mutant(), properties);
    }

    private static Instance patched(String name, Mutant mutant, String... properties) throws IOException {
        Path classes = site.directory().resolve("patch of " + name);
        mutant.writeTo(classes);
        Instance instance = site.addConsumer(name, properties).patchedWith(classes);
        instance.launch();
        return instance;
    }

    private static History history() throws IOException {
        return new Historian(site, operator, Map.of("transfers", List.of("booking"))).collect();
    }

    private static void awaitCalls(Instance consumer, long calls) {
        Path diary = site.directory().resolve(consumer.name() + ".diary");
        Rest.await(calls + " calls", () -> {
            try (Stream<String> lines = Files.lines(diary)) {
                long now = lines.filter(line -> line.startsWith("entered")).count();
                return now >= calls ? null : now;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void awaitRows(String where, long rows) {
        Rest.await(rows + " rows in " + where, () -> {
            long now = count(where);
            return now >= rows ? null : now;
        });
    }

    private static void awaitNone(String where) {
        Rest.await("nothing in " + where, () -> {
            long rows = count(where);
            return rows == 0 ? null : rows;
        });
    }

    private static long count(String where) {
        return site.jdbc()
                .sql("select count(*) from " + where)
                .query(Long.class)
                .single();
    }

    private static void awaitAllCommitted() {
        Rest.await("all offsets", () -> {
            long records = uncommitted();
            return records == 0 ? null : records;
        });
    }

    /** How many records of the topic come again if the group begins anew. */
    private static long uncommitted() {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", site.kafka().bootstrapServers()))) {
            var committed = admin.listConsumerGroupOffsets("booking")
                    .partitionsToOffsetAndMetadata()
                    .get();
            var begins = offsets(admin, OffsetSpec.earliest());
            return offsets(admin, OffsetSpec.latest()).entrySet().stream()
                    .mapToLong(end -> {
                        OffsetAndMetadata offset = committed.get(end.getKey());
                        long begin = begins.get(end.getKey());
                        return end.getValue() - (offset == null ? begin : Math.max(begin, offset.offset()));
                    })
                    .sum();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<TopicPartition, Long> offsets(Admin admin, OffsetSpec which) throws Exception {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        admin.describeTopics(List.of("transfers")).allTopicNames().get().get("transfers").partitions().stream()
                .map(partition -> new TopicPartition("transfers", partition.partition()))
                .forEach(partition -> wanted.put(partition, which));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        admin.listOffsets(wanted).all().get().forEach((partition, info) -> offsets.put(partition, info.offset()));
        return offsets;
    }
}
