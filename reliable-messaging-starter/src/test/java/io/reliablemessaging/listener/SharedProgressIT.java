package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.support.KafkaTopic;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The inbox forgets what a share group has handled, too; and what comes again after that has no second effect. */
class SharedProgressIT {

    private static final String PASSED = "select max(at) from reliable_messaging.partition_checkpoint"
            + " join reliable_messaging.partition_progress using (consumer_group, topic, topic_id, partition)"
            + " where end_offset >= 2 and done_until >= end_offset";
    private static final String FORGOTTEN = "select forgotten_until from reliable_messaging.partition_progress";

    private final String group = "shared-" + UUID.randomUUID();
    private final ListenerInstances app = new ListenerInstances();
    private final KafkaTopic topic = KafkaTopic.create(app.bootstrapServers(), app.topic, 1);

    @AfterEach
    void close() {
        app.close();
    }

    @Test
    void whatWasForgottenHasNoSecondEffect() {
        start();
        write("k0");
        write("k1");
        OffsetDateTime checkpoint = await().atMost(Duration.ofMinutes(1))
                .pollInterval(Duration.ofMillis(500))
                .until(
                        () -> {
                            write("more"); // the cluster notes how far the group is when it accepts a later record
                            return app.sql().queryForObject(PASSED, OffsetDateTime.class);
                        },
                        Objects::nonNull);
        int records = topic.values().size();
        app.awaitEffects(records);
        int old = app.sql()
                .update(
                        "update reliable_messaging.inbox_message set received_at = received_at - interval '4 days'"
                                + " where received_at < ?",
                        checkpoint);
        app.sql()
                .update(
                        "update reliable_messaging.partition_checkpoint set at = at - interval '2 days' where at = ?",
                        checkpoint);
        app.sql().update("update reliable_messaging.inbox_purge set next_at = now(), next_block = 0");
        app.stop(0);
        start(); // old rows are looked for at once
        await().atMost(Duration.ofMinutes(1)).until(() -> rows() == records - old);
        assertThat(old).isGreaterThanOrEqualTo(2);
        assertThat(app.sql().queryForObject(FORGOTTEN, Long.class)).isGreaterThanOrEqualTo(old);
        app.stop(0);

        readAgainFromTheStart();
        start();
        await().atMost(Duration.ofMinutes(1))
                .until(() -> app.recorder(0).duplicates.size() == records);
        assertThat(app.effects()).hasSize(records);
    }

    private void start() {
        app.start(
                "test.group=" + group,
                "reliable-messaging.inbox.retention=16s",
                "reliable-messaging.listener.ordering=none",
                "reliable-messaging.listener.concurrency=1",
                "reliable-messaging.topics." + app.topic + ".partitions=1");
    }

    private void write(String value) {
        topic.write("k", value.getBytes(UTF_8));
    }

    private int rows() {
        return app.sql().queryForObject("select count(*) from reliable_messaging.inbox_message", Integer.class);
    }

    /** As somebody with kafka-share-groups.sh would: possible while the group has no members. */
    private void readAgainFromTheStart() {
        try (Admin admin = KafkaTopic.admin(app.bootstrapServers())) {
            await().atMost(Duration.ofMinutes(1))
                    .ignoreExceptions()
                    .untilAsserted(() -> admin.alterShareGroupOffsets(
                                    group, Map.of(new TopicPartition(app.topic, 0), 0L))
                            .all()
                            .get());
        }
    }
}
