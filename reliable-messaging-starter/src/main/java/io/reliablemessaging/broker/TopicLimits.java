package io.reliablemessaging.broker;

import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;

/**
 * What the cluster's topics take, as far as it is known. Asked in the background and kept for a while, so that nobody waits
 * for the cluster but the first who wants to know of a topic, and he not for long.
 */
final class TopicLimits {

    private static final Logger log = ReadableLogger.of(TopicLimits.class);
    private static final Duration FIRST_ANSWER = Duration.ofSeconds(1);
    private static final long FRESH_NANOS = Duration.ofMinutes(1).toNanos();
    // a topic that is missing may be created at any moment, and a cluster that is away may come back
    private static final long RECENT_NANOS = Duration.ofSeconds(2).toNanos();

    private final Function<String, Limit> cluster;
    private final Executor background;
    private final LongSupplier nanoTime;
    private final Map<String, Known> topics = new ConcurrentHashMap<>();

    /**
     * What is known of a topic.
     *
     * @param exists whether it exists, or would be created by the first message
     * @param partitions how many it has
     * @param maxMessageBytes largest batch that it takes
     */
    record Limit(boolean exists, int partitions, int maxMessageBytes) {}

    private record Known(CompletableFuture<Optional<Limit>> answer, long asked) {

        boolean isOld(long now) {
            Optional<Limit> limit = answer.getNow(Optional.empty());
            return isOlder(limit.map(Limit::exists).orElse(false) ? FRESH_NANOS : RECENT_NANOS, now);
        }

        boolean isOlder(long nanos, long now) {
            return answer.isDone() && now - asked > nanos;
        }
    }

    TopicLimits(Function<String, Limit> cluster, Executor background) {
        this(cluster, background, System::nanoTime);
    }

    TopicLimits(Function<String, Limit> cluster, Executor background, LongSupplier nanoTime) {
        this.cluster = cluster;
        this.background = background;
        this.nanoTime = nanoTime;
    }

    /** What the topic takes, if it is known. */
    Optional<Limit> of(String topic) {
        Known known = topics.get(topic);
        if (known == null) {
            return first(topics.computeIfAbsent(topic, this::question));
        }
        if (known.isOld(nanoTime.getAsLong())) {
            topics.replace(topic, known, question(topic));
        }
        return known.answer().getNow(Optional.empty());
    }

    /** What the topic takes, as of a moment ago: for a refusal, which must not rest on old news. */
    Optional<Limit> recently(String topic) {
        Known known = topics.computeIfAbsent(topic, this::question);
        if (known.isOlder(RECENT_NANOS, nanoTime.getAsLong())) {
            topics.replace(topic, known, question(topic));
        }
        return first(topics.getOrDefault(topic, known));
    }

    private Known question(String topic) {
        CompletableFuture<Optional<Limit>> answer = new CompletableFuture<>();
        background.execute(() -> answer.complete(answer(topic)));
        return new Known(answer, nanoTime.getAsLong());
    }

    private Optional<Limit> answer(String topic) {
        try {
            return Optional.of(cluster.apply(topic));
        } catch (RuntimeException e) {
            log.debug("Nothing is known of topic {}", topic, e);
            return Optional.empty();
        }
    }

    private static Optional<Limit> first(Known known) {
        try {
            return known.answer()
                    .copy()
                    .completeOnTimeout(Optional.empty(), FIRST_ANSWER.toMillis(), TimeUnit.MILLISECONDS)
                    .get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } catch (ExecutionException e) {
            throw new KafkaException(e.getCause());
        }
    }
}
