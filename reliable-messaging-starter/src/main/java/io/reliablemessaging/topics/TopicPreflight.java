package io.reliablemessaging.topics;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.publish.PublishPreflight;
import io.reliablemessaging.wire.WireMessage;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.record.CompressionType;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Refuses messages that their topic would never accept, while the caller's transaction can still fail because of them. */
public final class TopicPreflight implements PublishPreflight, DisposableBean {

    private final TopicLimits limits;
    private final boolean compressed;
    private final ExecutorService background;
    private final @Nullable TopicLimitQuestions questions;

    public TopicPreflight(Map<String, Object> adminConfig, Map<String, Object> producerConfig) {
        CustomizableThreadFactory threads = new CustomizableThreadFactory("rm-limits-");
        threads.setDaemon(true);
        this.background = Executors.newSingleThreadExecutor(threads);
        this.questions = new TopicLimitQuestions(adminConfig);
        this.limits = new TopicLimits(questions, background);
        Object compression = producerConfig.get(ProducerConfig.COMPRESSION_TYPE_CONFIG);
        this.compressed = compression != null && !compression.equals(CompressionType.NONE.name);
    }

    public TopicPreflight(TopicLimits limits, ExecutorService background) {
        this.limits = limits;
        this.background = background;
        this.questions = null;
        this.compressed = false;
    }

    @Override
    public void check(WireMessage message) {
        if (limits.find(message.topic()).filter(limit -> !takes(limit, message)).isPresent()) {
            limits.findRecent(message.topic()).ifPresent(limit -> check(message, limit));
        }
    }

    private boolean takes(TopicLimits.Limit limit, WireMessage message) {
        // the broker counts compressed bytes; how well the message compresses is not known here
        return limit.exists()
                && hasPartition(limit, message.partition())
                && (compressed || message.batchBytes() <= limit.maxMessageBytes());
    }

    // a producer waits for a partition that does not exist, and all records of the topic wait with it
    private static boolean hasPartition(TopicLimits.Limit limit, @Nullable Integer partition) {
        return partition == null || partition < limit.partitions();
    }

    private void check(WireMessage message, TopicLimits.Limit limit) {
        if (takes(limit, message)) {
            return;
        }
        if (!limit.exists()) {
            throw new InvalidMessageException(
                    "Topic %1$s does not exist, and the cluster does not create topics by itself. Create it, or declare it under"
                                    .formatted(message.topic())
                            + " reliable-messaging.topics[%s].partitions".formatted(message.topic()));
        }
        if (!hasPartition(limit, message.partition())) {
            throw new InvalidMessageException(
                    "Message to topic %s is for partition %d, but the topic has %d, counted from 0; leave it out to let the key"
                                    .formatted(message.topic(), message.partition(), limit.partitions())
                            + " decide, or add partitions to the topic");
        }
        int bytes = message.batchBytes();
        throw new InvalidMessageException(
                "Message to topic %s has %d bytes, %d more than its max.message.bytes allows; send a reference instead, or raise"
                                .formatted(message.topic(), bytes, bytes - limit.maxMessageBytes())
                        + " max.message.bytes of the topic");
    }

    @Override
    public void destroy() {
        background.shutdownNow();
        if (questions != null) {
            questions.close();
        }
    }
}
