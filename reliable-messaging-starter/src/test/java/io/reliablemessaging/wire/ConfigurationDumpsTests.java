package io.reliablemessaging.wire;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.boot.logging.LoggingSystem;

/** Which loggers of Kafka are made quieter, and that nobody's own levels are touched. */
class ConfigurationDumpsTests {

    private static final String PACKAGE = "org.apache.kafka";
    private final LoggingSystem logging = LoggingSystem.get(getClass().getClassLoader());
    private final Map<String, @Nullable Level> before = new HashMap<>();

    @BeforeEach
    void forgetLevels() {
        before.put(PACKAGE, logger(PACKAGE).getLevel());
        logger(PACKAGE).setLevel(null);
        ConfigurationDumps.LOGGERS.forEach(name -> {
            before.put(name, logger(name).getLevel());
            logger(name).setLevel(null);
        });
    }

    @AfterEach
    void restoreLevels() {
        before.forEach((name, level) -> logger(name).setLevel(level));
    }

    private static Logger logger(String name) {
        return (Logger) LoggerFactory.getLogger(name);
    }

    @Test
    void dumpsGoToWarnAndNothingElseDoes() {
        ConfigurationDumps.quieten(logging);
        assertThat(ConfigurationDumps.LOGGERS)
                .allSatisfy(name -> assertThat(logger(name).getLevel()).isEqualTo(Level.WARN));
        assertThat(logger("org.apache.kafka.clients.NetworkClient").getEffectiveLevel())
                .isEqualTo(Level.INFO);
    }

    @Test
    void theLevelThatTheHostHasSetStays() {
        logger("org.apache.kafka.clients.producer.ProducerConfig").setLevel(Level.INFO);
        ConfigurationDumps.quieten(logging);
        assertThat(logger("org.apache.kafka.clients.producer.ProducerConfig").getLevel())
                .isEqualTo(Level.INFO);
        assertThat(logger("org.apache.kafka.clients.consumer.ConsumerConfig").getLevel())
                .isEqualTo(Level.WARN);
    }

    @Test
    void theLevelThatTheHostHasSetForAPackageHolds() {
        logger(PACKAGE).setLevel(Level.ERROR);
        ConfigurationDumps.quieten(logging);
        assertThat(ConfigurationDumps.LOGGERS)
                .allSatisfy(name -> assertThat(logger(name).getEffectiveLevel()).isEqualTo(Level.ERROR));
    }
}
