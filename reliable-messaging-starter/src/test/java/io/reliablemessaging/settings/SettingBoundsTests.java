package io.reliablemessaging.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.support.HostApplication;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.type.filter.AnnotationTypeFilter;
import org.springframework.util.ClassUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A value that no application can mean is refused by the whole name of its setting; every number and duration has bounds. */
@ExtendWith(OutputCaptureExtension.class)
class SettingBoundsTests {

    private static final List<String> OF_MAPS = List.of(
            "reliable-messaging.topics[orders.placed].partitions",
            "reliable-messaging.topics[orders.placed].replicas",
            "reliable-messaging.topics[orders.placed].min-isr",
            "reliable-messaging.topics[orders.placed].retention",
            "reliable-messaging.listeners[Orders.on@billing].max-attempts",
            "reliable-messaging.listeners[Orders.on@billing].concurrency",
            "reliable-messaging.listeners[Orders.on@billing].transaction-timeout",
            "reliable-messaging.listeners[Orders.on@billing].backoff.initial-delay",
            "reliable-messaging.listeners[Orders.on@billing].backoff.multiplier",
            "reliable-messaging.listeners[Orders.on@billing].backoff.max-delay");

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    static Stream<String> numbersAndDurations() throws Exception {
        List<String> names = new ArrayList<>(OF_MAPS);
        try (InputStream json =
                MessagePublisher.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            for (JsonNode property : JsonMapper.shared().readTree(json).get("properties")) {
                String name = property.get("name").asString();
                if (name.startsWith("reliable-messaging.")
                        && property.get("type").asString().matches(".*\\.(Duration|DataSize|Integer|Long|Double)")) {
                    names.add(name);
                }
            }
        }
        return names.stream();
    }

    @ParameterizedTest
    @MethodSource("numbersAndDurations")
    void everyNumberAndDurationHasBounds(String setting) {
        assertThat(refusal(setting, "-1")).hasMessageStartingWith(setting + "=-1");
    }

    @ParameterizedTest
    @CsvSource({
        "inbox.retention, 8, inbox.retention=8ms is out of bounds: it must be from 10s to 3650d",
        "outbox.retention, 7, outbox.retention=7ms is out of bounds: it must be from 1m to 3650d",
        "dead-letters.redrive-window, 14, dead-letters.redrive-window=14ms is out of bounds: it must be from 1h to 3650d",
        "operations.log-retention, 90, operations.log-retention=90ms is out of bounds: it must be from 1d to 3650d",
        "relay.lease, 6, relay.lease=6ms is out of bounds: it must be from 1s to 10m",
        "listener.transaction-timeout, 240, listener.transaction-timeout=240ms is out of bounds: it must be from 1s to 1d",
        "topics.orders.retention, 7, topics[orders].retention=7ms is out of bounds: it must be from 1s to 3650d",
        "listener.max-attempts, 0, listener.max-attempts=0 is out of bounds: it must be from 1 to 1000000",
        "listener.memory, 64, listener.memory=64B is too little: it must be at least 1048576B",
        "listener.backoff.max-delay, 10ms, listener.backoff.max-delay=10ms is shorter than reliable-messaging.listener.backoff.initial-delay=1s",
        "listener.unrecoverable, com.example.None, listener.unrecoverable=com.example.None names a class that is not an exception",
        "outbox.reject-when-backlogged, true, outbox.reject-when-backlogged=true does not say from when on",
        "schema, Mine, schema=Mine is not the name of a schema that needs no quotes",
        "topics.orders, 3, topics[orders]=... is a single value"
    })
    void saysWhatIsWrong(String setting, String value, String wrong) {
        assertThat(refusal("reliable-messaging." + setting, value))
                .hasMessageStartingWith("reliable-messaging." + wrong);
    }

    @Test
    void theDefaultsAreWithinBounds() {
        bindAll(Map.of());
    }

    @Test
    void aPersonReadsWhereItIsSetAndHowToWriteIt(CapturedOutput output) {
        assertThat(HostApplication.of(Host.class)
                        .with("reliable-messaging.dead-letters.redrive-window=14")
                        .with(
                                "spring.autoconfigure.exclude=org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
                        .refusal(output))
                .contains(
                        "reliable-messaging.dead-letters.redrive-window=14ms is out of bounds: it must be from 1h to 3650d."
                                + " It is set in \"reliable-messaging.dead-letters.redrive-window\" from property source \"test\".")
                .contains(
                        "Write it with its unit, such as 500ms, 30s, 15m, 12h or 8d; a number without a unit is in milliseconds.");
    }

    private static Throwable refusal(String setting, String value) {
        Throwable thrown = catchThrowable(() -> bindAll(Map.of(setting, value)));
        assertThat(thrown).as(setting + "=" + value).isNotNull();
        Throwable root = NestedExceptionUtils.getMostSpecificCause(thrown);
        assertThat(root).isInstanceOf(StartupRefusal.class);
        return root;
    }

    private static void bindAll(Map<String, String> settings) {
        Binder binder = new Binder(
                List.of(new MapConfigurationPropertySource(settings)),
                null,
                ApplicationConversionService.getSharedInstance());
        var scanner = new ClassPathScanningCandidateComponentProvider(false);
        scanner.addIncludeFilter(new AnnotationTypeFilter(ConfigurationProperties.class));
        for (BeanDefinition each : scanner.findCandidateComponents("io.reliablemessaging")) {
            Class<?> type = ClassUtils.resolveClassName(String.valueOf(each.getBeanClassName()), null);
            if (type.isRecord()) {
                binder.bindOrCreate(
                        type.getAnnotation(ConfigurationProperties.class).value(), Bindable.of(type));
            }
        }
    }
}
