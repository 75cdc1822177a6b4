package io.reliablemessaging.payload;

import io.reliablemessaging.settings.StartupRefusal;
import java.util.Collection;

/** Refuses the start because it is not clear which JSON mapper writes payloads. */
final class AmbiguousMapperException extends StartupRefusal {

    AmbiguousMapperException(Collection<String> names) {
        super(
                "Payloads are written and read by the application's JsonMapper, and there are several, none of which is primary: %s"
                        .formatted(String.join(", ", names)),
                "Mark the one for payloads @Primary, or the others @Bean(defaultCandidate = false) and inject those by"
                        + " qualifier. With a serializer and a deserializer of your own (spring.kafka.producer.value-serializer,"
                        + " spring.kafka.consumer.value-deserializer) no JsonMapper is asked for");
    }
}
