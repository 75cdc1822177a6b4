package io.reliablemessaging.topics;

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
 * Knows the limits of topics. Reads them in the background and remembers them for a while, so that only the first caller
 * for a topic waits for the cluster, and only for a second.
 */
final class TopicLimits {

    private static final Logger log = ReadableLogger.of(TopicLimits.class);
    private static final Duration FIRST_ANSWER = Duration.ofSeconds(1);
    private static final long FRESH_NANOS = Duration.ofMinutes(1).toNanos();
    // a missing topic may be created at any moment, and a cluster that is away may come back
    private static final long RECENT_NANOS = Duration.ofSeconds(2).toNanos();

    private final Function<String, Limit> cluster;
    private final Executor background;
    private final LongSupplier nanoTime;
    private final Map<String, Known> topics = new ConcurrentHashMap<>();

    /**
     * The limits of a topic.
     *
     * @param exists whether it exists, or would be created by the first record
     * @param partitions number of its partitions
     * @param maxMessageBytes size of the largest batch that it accepts, in bytes
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

    /** Finds the limits of a topic; empty if they are not known. Reads them again in the background if they are old. */
    Optional<Limit> find(String topic) {
        Known known = topics.get(topic);
        if (known == null) {
            return await(topics.computeIfAbsent(topic, this::ask));
        }
        if (known.isOld(nanoTime.getAsLong())) {
            topics.replace(topic, known, ask(topic));
        }
        return known.answer().getNow(Optional.empty());
    }

    /** Finds limits that are at most a moment old: a refusal must not rest on an old answer. */
    Optional<Limit> findRecent(String topic) {
        Known known = topics.computeIfAbsent(topic, this::ask);
        if (known.isOlder(RECENT_NANOS, nanoTime.getAsLong())) {
            topics.replace(topic, known, ask(topic));
        }
        return await(topics.getOrDefault(topic, known));
    }

    private Known ask(String topic) {
        CompletableFuture<Optional<Limit>> answer = new CompletableFuture<>();
        background.execute(() -> answer.complete(read(topic)));
        return new Known(answer, nanoTime.getAsLong());
    }

    private Optional<Limit> read(String topic) {
        try {
            return Optional.of(cluster.apply(topic));
        } catch (RuntimeException e) {
            log.debug("The limits of topic {} are not known", topic, e);
            return Optional.empty();
        }
    }

    private static Optional<Limit> await(Known known) {
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
