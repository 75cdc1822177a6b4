package io.reliablemessaging.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.reliablemessaging.support.HostApplication;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;

/** A setting that nobody would read keeps an application from starting, and a person reads where it is and what was meant. */
@ExtendWith(OutputCaptureExtension.class)
class UnknownSettingsTests {

    private static final String CONFIGURATION = """
            reliable-messaging:
              listener:
                max-atempts: 3
              topics:
                orders.placed:
                  partitions: 3
            ---
            spring.config.activate.on-profile: other
            reliable-messaging.inbox.keep: 8d
            """;

    private final StandardEnvironment environment = new StandardEnvironment();

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Test
    void aPersonReadsTheFileTheLineAndWhatWasMeant(@TempDir Path directory, CapturedOutput output) throws IOException {
        Path file = Files.writeString(directory.resolve("messaging.yml"), CONFIGURATION);
        String report = HostApplication.of(Host.class)
                .with("spring.config.import=file:" + file)
                .refusal(output);
        assertThat(report)
                .contains("reliable-messaging.listener.max-atempts, from URL [file:%s] - 3:18".formatted(file))
                .contains("Did you mean reliable-messaging.listener.max-attempts?")
                .contains(
                        "reliable-messaging.topics.orders.placed.partitions, from URL [file:%s] - 6:19".formatted(file))
                .contains("Did you mean reliable-messaging.topics[orders.placed].partitions?")
                .contains("in YAML as \"[orders.placed]\".")
                .contains("Correct or remove them")
                .doesNotContain("inbox.keep"); // of a profile that is not active
        assertThat(HostApplication.of(Host.class)
                        .with("spring.config.import=file:" + file, "spring.profiles.active=other")
                        .refusal(output))
                .contains("reliable-messaging.inbox.keep, from URL [file:%s] - 9:32".formatted(file))
                .contains("Known here: reliable-messaging.inbox.{retention}.");
    }

    @ParameterizedTest
    @CsvSource({
        "listener.max-atempts, listener.max-attempts",
        "listner.max-attempts, listener.max-attempts",
        "listener.maxAttemps, listener.max-attempts",
        "listener.backoff.inital-delay, listener.backoff.initial-delay",
        "listener.lease, relay.lease",
        "lanes, outbox.lanes",
        "enabeld, enabled",
        "shcema, schema",
        "topics.provison, topics.provision",
        "topics.orders.partions, topics.orders.partitions",
        "topics.orders.placed.partitions, topics[orders.placed].partitions",
        "topics.orders.placed.partions, topics[orders.placed].partitions",
        "topics.com.example.orders.config.cleanup.policy, topics[com.example.orders].config.cleanup.policy",
        "listeners.billing.max-atempts, listeners.billing.max-attempts",
        "listeners.billing.orders.on-dead, listeners[billing.orders].on-dead",
        "listeners.max-attempts, listener.max-attempts",
        "test.infrastructur, test.infrastructure"
    })
    void saysWhatWasMeant(String written, String meant) {
        assertThat(refusal(written, 1)).contains("Did you mean reliable-messaging.%s?".formatted(meant));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "relay.threads          | reliable-messaging.relay.{enabled, lease, notify, poll-interval}",
                "topics.orders.color    | reliable-messaging.topics.orders.{config, min-isr, partitions, replicas, retention}",
                "topics.orders          | reliable-messaging.topics.{<name>}",
                "listener               | reliable-messaging.listener.{backoff, concurrency, "
            })
    void saysWhatElseThereIs(String written, String known) {
        assertThat(refusal(written, 1)).contains("Known here: " + known);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "listener.max-attempts",
                "listener.maxAttempts",
                "listener.max_attempts",
                "LISTENER.MAXATTEMPTS",
                "listener.unrecoverable",
                "listener.unrecoverable[0]",
                "listener.backoff.multiplier",
                "relay.notify",
                "topics.provision",
                "topics.provision.partitions",
                "topics.orders.partitions",
                "topics[orders.placed].min-isr",
                "topics.orders.config.cleanup.policy",
                "topics[orders.placed].config[cleanup.policy]",
                "listeners.nobody.max-attempts",
                "listeners[Orders.on@billing].backoff.max-delay",
                "test.infrastructure"
            })
    void takesAllSpellingsOfWhatThereIs(String written) {
        set("reliable-messaging." + written, 1);
        look();
    }

    @Test
    void takesWhatIsCommentedOut() throws IOException {
        new YamlPropertySourceLoader()
                .load("yaml", new ByteArrayResource("""
                        reliable-messaging:
                          listener:
                          topics:
                            orders: {}
                            returns:
                          listeners:
                        """.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .forEach(environment.getPropertySources()::addLast);
        look();
    }

    @Test
    void leavesEnvironmentVariablesAndSystemPropertiesAlone() {
        environment
                .getPropertySources()
                .addFirst(new SystemEnvironmentPropertySource(
                        "systemEnvironment",
                        Map.of("RELIABLE_MESSAGING_PORT", "tcp://10.0.0.1:80", "RELIABLE_MESSAGING_LISTENER_PORT", 1)));
        environment
                .getPropertySources()
                .addFirst(new MapPropertySource(
                        StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME,
                        Map.of("reliable-messaging.service.port", "80")));
        look();
    }

    @Test
    void leavesOtherPrefixesAlone() {
        set("reliable-messaging-sample.colour", "red");
        set("reliable.messaging", "yes");
        look();
    }

    @Test
    void switchedOffNothingIsRefused() {
        HostApplication.of(Host.class)
                .with("reliable-messaging.enabled=false", "reliable-messaging.listener.max-atempts=3")
                .with(
                        "spring.autoconfigure.exclude=org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
                .run()
                .close();
    }

    @Test
    void whereAJarHasLostOurMetadataNothingIsRefusedByThatOfOthers(@TempDir Path directory) throws IOException {
        Path metadata =
                Files.createDirectories(directory.resolve("META-INF")).resolve("spring-configuration-metadata.json");
        Files.writeString(metadata, """
                {"properties": [{"name": "reliable-messaging.test.other", "type": "java.lang.String"}]}
                """);
        DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
        beans.setBeanClassLoader(new URLClassLoader(new URL[] {directory.toUri().toURL()}, null));
        set("reliable-messaging.listener.max-attempts", 3);
        assertThatNoException().isThrownBy(() -> new UnknownSettings(environment).postProcessBeanFactory(beans));
    }

    private void set(String name, Object value) {
        environment.getPropertySources().addFirst(new MapPropertySource("test " + name, Map.of(name, value)));
    }

    private void look() {
        new UnknownSettings(environment).postProcessBeanFactory(new DefaultListableBeanFactory());
    }

    private String refusal(String written, Object value) {
        set("reliable-messaging." + written, value);
        return catchThrowableOfType(StartupRefusal.class, this::look).problem();
    }
}
