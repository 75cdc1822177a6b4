package io.reliablemessaging.topics;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.ApiException;

/**
 * The answers and refusals of the cluster to a set of questions.
 *
 * @param given the answers
 * @param refused the reasons of refusals
 */
public record ClusterAnswers<K, T>(Map<K, T> given, Map<K, ApiException> refused) {

    // each question has a shorter timeout of its own; this limit is for a client that does not keep it
    private static final int LIMIT_SECONDS = 15;

    static <K, T> ClusterAnswers<K, T> awaitAll(Map<K, KafkaFuture<T>> futures) {
        ClusterAnswers<K, T> clusterAnswers = new ClusterAnswers<>(new HashMap<>(), new HashMap<>());
        futures.forEach((about, future) -> {
            try {
                clusterAnswers.given.put(about, await(future));
            } catch (ApiException e) {
                clusterAnswers.refused.put(about, e);
            }
        });
        return clusterAnswers;
    }

    /**
     * Waits for one answer.
     *
     * @throws KafkaException if the cluster does not answer in time, or answers with an error
     */
    static <T> T await(KafkaFuture<T> future) {
        try {
            return future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new KafkaException(e.getCause());
        } catch (TimeoutException e) {
            throw new KafkaException("The cluster did not answer within %d seconds".formatted(LIMIT_SECONDS), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaException("Interrupted while waiting for the cluster", e);
        }
    }
}
