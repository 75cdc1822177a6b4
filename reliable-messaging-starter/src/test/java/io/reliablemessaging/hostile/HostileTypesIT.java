package io.reliablemessaging.hostile;

import io.reliablemessaging.Ordering;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.kafka.support.serializer.JacksonJsonDeserializer;

/** Hostile type headers, in an application that reads payloads with Spring Kafka's JSON deserializer. */
@TestInstance(Lifecycle.PER_CLASS)
class HostileTypesIT {

    private final HostileTopics topics = new HostileTopics(List.of("key", "partition", "none", "batch"));
    private ConfigurableApplicationContext app;

    @BeforeAll
    void start() {
        app = topics.host(HostileHost.Modes.class)
                .with(
                        "spring.kafka.consumer.value-deserializer=" + JacksonJsonDeserializer.class.getName(),
                        "spring.kafka.consumer.properties.[spring.json.value.default.type]=" + Parcel.class.getName())
                .run();
    }

    @AfterAll
    void close() {
        app.close();
    }

    @ParameterizedTest
    @CsvSource({"key, false", "key, true", "batch, false", "batch, true"})
    void eachIsItsOwnProblemOnly(String listener, boolean parked) {
        new HostileFlow(app, topics.name(listener), Ordering.KEY).run(HostileTypes.all(), parked);
    }
}
