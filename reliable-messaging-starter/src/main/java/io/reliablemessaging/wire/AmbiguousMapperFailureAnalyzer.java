package io.reliablemessaging.wire;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says how to choose a JSON mapper. */
final class AmbiguousMapperFailureAnalyzer extends AbstractFailureAnalyzer<AmbiguousMapperException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, AmbiguousMapperException cause) {
        return new FailureAnalysis(
                cause.getMessage() + ".",
                "Mark the one for payloads @Primary, or the others @Bean(defaultCandidate = false) and inject those by"
                        + " qualifier. With a serializer and a deserializer of your own"
                        + " (spring.kafka.producer.value-serializer, spring.kafka.consumer.value-deserializer) no"
                        + " JsonMapper is asked for.",
                cause);
    }
}
