package io.reliablemessaging.wire;

import java.util.Set;
import org.springframework.boot.context.event.ApplicationPreparedEvent;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggerConfiguration;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.ApplicationListener;

/**
 * Keeps Kafka's clients from logging a hundred lines of settings each at their start: the loggers that log nothing else at INFO are
 * set to WARN, unless the host has set a level for them or their packages. All their warnings and errors stay.
 */
final class ConfigurationDumps implements ApplicationListener<ApplicationPreparedEvent> {

    /** The loggers that log all settings of each client, and its version. */
    static final Set<String> LOGGERS = Set.of(
            "org.apache.kafka.clients.admin.AdminClientConfig",
            "org.apache.kafka.clients.consumer.ConsumerConfig",
            "org.apache.kafka.clients.consumer.ShareConsumerConfig",
            "org.apache.kafka.clients.producer.ProducerConfig",
            "org.apache.kafka.common.config.AbstractConfig",
            "org.apache.kafka.common.utils.AppInfoParser");

    @Override
    public void onApplicationEvent(ApplicationPreparedEvent event) {
        boolean enabled = event.getApplicationContext()
                .getEnvironment()
                .getProperty("reliable-messaging.enabled", Boolean.class, true);
        if (enabled) {
            quieten(LoggingSystem.get(ConfigurationDumps.class.getClassLoader()));
        }
    }

    static void quieten(LoggingSystem logging) {
        for (String name : LOGGERS) {
            if (!isChosen(logging, name)) {
                logging.setLogLevel(name, LogLevel.WARN);
            }
        }
    }

    private static boolean isChosen(LoggingSystem logging, String name) {
        for (String each = name; !each.isEmpty(); each = each.substring(0, Math.max(0, each.lastIndexOf('.')))) {
            LoggerConfiguration found = logging.getLoggerConfiguration(each);
            if (found != null && found.getLevelConfiguration(LoggerConfiguration.ConfigurationScope.DIRECT) != null) {
                return true;
            }
        }
        return false;
    }
}
