package io.reliablemessaging.topics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.SharedServers;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TopicIdsIT {

    private final String servers = SharedServers.kafka().bootstrapServers();
    private final TopicIds ids = new TopicIds(Map.of("bootstrap.servers", servers));
    private final String one = "ids-" + UUID.randomUUID();
    private final String two = "ids-" + UUID.randomUUID();

    @AfterEach
    void stop() {
        ids.stop();
    }

    @Test
    void saysWhichTopicsWereMadeAgain() throws Exception {
        KafkaTopic.create(servers, one, 1);
        KafkaTopic.create(servers, two, 1);
        await().ignoreExceptions().until(() -> ids.refresh(List.of(one, two)).isEmpty());
        Uuid first = ids.resolve(one);
        Uuid other = ids.resolve(two);
        assertThat(ids.check()).isEmpty();
        delete(one);
        await().until(() -> {
            assertThat(ids.check()).isEmpty();
            return ids.known(one).isEmpty();
        });
        assertThatExceptionOfType(UnknownTopicOrPartitionException.class).isThrownBy(() -> ids.resolve(one));
        assertThat(ids.resolve(two)).isEqualTo(other);
        await().ignoreExceptions().until(() -> {
            KafkaTopic.create(servers, one, 1);
            return true;
        });
        await().until(() -> ids.check().equals(Set.of(one)));
        assertThat(ids.resolve(one)).isNotEqualTo(first);
        assertThat(ids.check()).as("is said once").isEmpty();
    }

    @Test
    void keepsWhatItKnowsWhileNobodyAnswers() {
        KafkaTopic.create(servers, one, 1);
        await().ignoreExceptions().until(() -> ids.resolve(one) != null);
        Uuid known = ids.resolve(one);
        TopicIds away = new TopicIds(Map.of("bootstrap.servers", "127.0.0.1:1"));
        assertThatExceptionOfType(KafkaException.class).isThrownBy(() -> away.resolve(one));
        away.stop();
        ids.stop();
        assertThat(ids.resolve(one)).isEqualTo(known);
    }

    @Test
    void goesOnAfterAStop() {
        KafkaTopic.create(servers, one, 1);
        ids.start();
        await().ignoreExceptions().until(() -> ids.resolve(one) != null);
        ids.stop();
        ids.start();
        assertThat(ids.isRunning()).isTrue();
        assertThat(ids.check()).isEmpty();
    }

    private void delete(String topic) throws Exception {
        try (Admin admin = KafkaTopic.admin(servers)) {
            admin.deleteTopics(List.of(topic)).all().get();
        }
    }
}
