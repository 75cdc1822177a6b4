package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.topics.TopicIds;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A topic is deleted and made again; its records, which carry no id of ours, are others than those of before. */
class TopicMadeAgainIT {

    private final ListenerInstances app = new ListenerInstances();

    @AfterEach
    void close() {
        app.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whileTheApplicationIsStopped(boolean stopWhole) throws Exception {
        app.start();
        write("old", 5);
        app.awaitEffects(5);
        if (stopWhole) {
            app.running.remove(0).close();
        } else {
            app.container(0).stop();
        }
        makeAgain(app.topic);
        write("new", 7);
        if (stopWhole) {
            app.start();
        } else {
            app.container(0).start();
        }
        app.awaitEffects(12);
        assertEachOnce(5, 7);
    }

    @Test
    void anOffsetThatAFormerTopicLeftBehindSkipsNothing() throws Exception {
        app.start();
        write("old", 5);
        app.awaitEffects(5);
        await().until(() -> committed().size() == 2
                && committed().values().stream()
                        .allMatch(each -> each.metadata().startsWith("rm-topic-id=")));
        Map<TopicPartition, OffsetAndMetadata> left = committed();
        app.container(0).stop();
        makeAgain(app.topic);
        write("new", 20);
        try (Admin admin = KafkaTopic.admin(app.bootstrapServers())) {
            // as a consumer does that commits once more while the topic is being deleted
            await().ignoreExceptions().until(() -> {
                admin.alterConsumerGroupOffsets("tested", left).all().get();
                return true;
            });
        }
        app.container(0).start();
        app.awaitEffects(25);
        assertEachOnce(5, 20);
    }

    @ParameterizedTest
    @CsvSource({"12, 4", "4, 30"})
    void whileTheApplicationRuns(int before, int after) throws Exception {
        app.start();
        write("old", before);
        app.awaitEffects(before);
        makeAgain(app.topic);
        write("new", after);
        await().atMost(Duration.ofMinutes(2))
                .until(() -> Set.copyOf(app.effects()).size() == before + after);
        assertEachOnce(before, after);
    }

    @Test
    void whileItsListenerIsPaused() throws Exception {
        app.start();
        write("old", 6);
        app.awaitEffects(6);
        TopicIds ids = app.running.get(0).getBean(TopicIds.class);
        Uuid before = ids.resolve(app.topic);
        app.container(0).pause();
        await().until(app.container(0)::isContainerPaused);
        makeAgain(app.topic);
        write("new", 30);
        await().until(() -> {
            ids.check();
            return !before.equals(ids.resolve(app.topic));
        });
        app.container(0).resume();
        await().until(() -> Set.copyOf(app.effects()).size() == 36);
        assertEachOnce(6, 30);
    }

    @Test
    @Tag("long")
    void aTopicThatWasAwayForLongIsReadFromItsStart() throws Exception {
        app.start();
        write("old", 6);
        app.awaitEffects(6);
        try (Admin admin = KafkaTopic.admin(app.bootstrapServers())) {
            admin.deleteTopics(List.of(app.topic)).all().get();
        }
        TopicIds ids = app.running.get(0).getBean(TopicIds.class);
        await().until(() -> {
            ids.check();
            return ids.known(app.topic).isEmpty();
        });
        await().ignoreExceptions().until(() -> {
            KafkaTopic.create(app.bootstrapServers(), app.topic, 2);
            return true;
        });
        write("new", 9);
        await().atMost(Duration.ofMinutes(2))
                .until(() -> Set.copyOf(app.effects()).size() == 15);
        assertEachOnce(6, 9);
    }

    private void assertEachOnce(int before, int after) {
        assertThat(app.effects())
                .containsExactlyInAnyOrderElementsOf(
                        Stream.concat(values("old", before).stream(), values("new", after).stream())
                                .toList());
    }

    private void write(String what, int count) {
        KafkaTopic topic = new KafkaTopic(app.bootstrapServers(), app.topic);
        values(what, count).forEach(value -> topic.write(value, value.getBytes(UTF_8)));
    }

    private static List<String> values(String what, int count) {
        return IntStream.range(0, count).mapToObj(i -> what + i).toList();
    }

    private Map<TopicPartition, OffsetAndMetadata> committed() throws Exception {
        try (Admin admin = KafkaTopic.admin(app.bootstrapServers())) {
            Map<TopicPartition, OffsetAndMetadata> all = new HashMap<>(admin.listConsumerGroupOffsets("tested")
                    .partitionsToOffsetAndMetadata()
                    .get());
            all.keySet().removeIf(partition -> !partition.topic().equals(app.topic));
            return all;
        }
    }

    private void makeAgain(String topic) throws Exception {
        try (Admin admin = KafkaTopic.admin(app.bootstrapServers())) {
            Uuid old = id(admin, topic).orElseThrow();
            admin.deleteTopics(List.of(topic)).all().get();
            await().ignoreExceptions().until(() -> {
                KafkaTopic.create(app.bootstrapServers(), topic, 2);
                return true;
            });
            await().ignoreExceptions().until(() -> !id(admin, topic).orElse(old).equals(old));
        }
    }

    private static Optional<Uuid> id(Admin admin, String topic) throws Exception {
        return Optional.of(admin.describeTopics(List.of(topic))
                .allTopicNames()
                .get()
                .get(topic)
                .topicId());
    }
}
