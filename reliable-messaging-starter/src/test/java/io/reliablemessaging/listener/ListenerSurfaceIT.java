package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.LogCapture;
import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.AliasFor;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.ContainerGroup;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/** What an application may say to Spring Kafka and Spring's transactions about a listener of ours, and what comes of it. */
class ListenerSurfaceIT {

    private static final String SUFFIX = UUID.randomUUID().toString();
    private static final Duration LONG = Duration.ofMinutes(1);

    private static ConfigurableApplicationContext host;
    private static List<String> said;

    /** An application's own annotation. */
    @ReliableListener(topics = "", groupId = "")
    @Retention(RetentionPolicy.RUNTIME)
    @interface ShopListener {

        @AliasFor(annotation = ReliableListener.class)
        String id();

        @AliasFor(annotation = ReliableListener.class)
        String[] topics();

        @AliasFor(annotation = ReliableListener.class)
        String groupId() default "shop";

        @AliasFor(annotation = KafkaListener.class)
        String clientIdPrefix() default "";

        @AliasFor(annotation = KafkaListener.class)
        String containerGroup() default "";

        @AliasFor(annotation = KafkaListener.class)
        String beanRef() default "__listener";

        @AliasFor(annotation = KafkaListener.class)
        String info() default "";
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Notes notes(JdbcTemplate sql) {
            sql.execute("create table note (text text)");
            return new Notes(sql);
        }

        @Bean
        Strict strict(JdbcTemplate sql) {
            return new Strict(sql);
        }

        @Bean
        Lenient lenient(JdbcTemplate sql) {
            return new Lenient(sql);
        }

        @Bean
        Plain plain() {
            return new Plain();
        }
    }

    /** Starts when somebody starts it, and is named by the application's own annotation. */
    public static class Notes {

        private final JdbcTemplate sql;

        Notes(JdbcTemplate sql) {
            this.sql = sql;
        }

        public String prefix() {
            return "named";
        }

        @ReliableListener(id = "late", topics = "late-${test.suffix}", groupId = "shop", autoStartup = "${test.start}")
        void late(String text) {
            sql.update("insert into note values (?)", text);
        }

        @ShopListener(
                id = "named",
                topics = "named-${test.suffix}",
                clientIdPrefix = "#{__me.prefix()}",
                containerGroup = "shopGroup",
                beanRef = "__me",
                info = "of the shop")
        String named(String text) {
            return text;
        }
    }

    /** Throws what Spring's own interceptor would commit, or not. */
    static class Strict {

        private final List<String> calls = new CopyOnWriteArrayList<>();
        private final JdbcTemplate sql;

        Strict(JdbcTemplate sql) {
            this.sql = sql;
        }

        @Transactional
        @ReliableListener(id = "checked", topics = "checked-${test.suffix}", groupId = "shop")
        public void checked(String text) throws IOException {
            failAtFirst(text);
        }

        @Transactional(rollbackFor = IOException.class)
        @ReliableListener(id = "rollback", topics = "rollback-${test.suffix}", groupId = "shop")
        public void rollback(String text) throws IOException {
            failAtFirst(text);
        }

        // asked through the proxy, whose own fields are null
        public long callsWith(String text) {
            return calls.stream().filter(text::equals).count();
        }

        private void failAtFirst(String text) throws IOException {
            sql.update("insert into note values (?)", text);
            calls.add(text);
            if (callsWith(text) == 1) {
                throw new IOException("no answer");
            }
        }
    }

    /** Is called by a handler that catches what it throws. */
    static class Lenient {

        private final JdbcTemplate sql;

        Lenient(JdbcTemplate sql) {
            this.sql = sql;
        }

        @Transactional(noRollbackFor = IllegalStateException.class)
        public void note(String text) {
            sql.update("insert into note values (?)", text);
            throw new IllegalStateException("and yet it is noted");
        }
    }

    static class Plain {
        @KafkaListener(id = "plain", topics = "plain-${test.suffix}", groupId = "plain", autoStartup = "false")
        void on(String text) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class Catching {

        @Bean
        Catcher catcher(Lenient lenient) {
            return new Catcher(lenient);
        }
    }

    record Catcher(Lenient lenient) {

        @ReliableListener(id = "catching", topics = "catching-${test.suffix}", groupId = "shop")
        void on(String text) {
            try {
                lenient.note(text);
            } catch (IllegalStateException expected) {
                assertThat(expected).hasMessageContaining("noted");
            }
        }
    }

    @BeforeAll
    static void start() {
        try (LogCapture log = LogCapture.start()) {
            host = HostApplication.onSharedServers(Host.class)
                    .and(Catching.class)
                    .with(
                            "test.suffix=" + SUFFIX,
                            "test.start=false",
                            "spring.kafka.consumer.auto-offset-reset=latest",
                            "spring.kafka.listener.concurrency=3",
                            "spring.kafka.listener.client-id=whole",
                            "reliable-messaging.listener.backoff.initial-delay=10ms")
                    .with(Stream.of("late", "named", "checked", "rollback", "catching")
                            .map(topic -> "reliable-messaging.topics.%s-%s.partitions=1".formatted(topic, SUFFIX))
                            .toArray(String[]::new))
                    .run();
            said = log.ours().stream().map(LogCapture.Line::message).toList();
        }
    }

    @AfterAll
    static void stop() {
        host.close();
    }

    @Test
    void aListenerThatDoesNotStartByItselfIsStartedByItsId() {
        publish("late", "late one");
        assertThat(said)
                .anyMatch(line -> line.contains("listener late (not started: autoStartup is false): group shop"));
        KafkaListenerEndpointRegistry registry = host.getBean(KafkaListenerEndpointRegistry.class);
        MessageListenerContainer late = registry.getListenerContainer("late");
        assertThat(late.isRunning()).isFalse();
        assertThat(registry.getListenerContainer("named").isRunning()).isTrue();
        publish("checked", "another listener's");
        awaitNotes("another listener's");
        assertThat(notes("late one")).isEmpty();
        late.start();
        awaitNotes("late one");
    }

    @Test
    void whatAComposedAnnotationMaySayIsKept() {
        MessageListenerContainer named =
                host.getBean(KafkaListenerEndpointRegistry.class).getListenerContainer("named");
        assertThat(named.getListenerInfo()).asString().isEqualTo("of the shop");
        assertThat(host.getBean("shopGroup", List.class).contains(named)
                        || host.getBean("shopGroup.group", ContainerGroup.class).contains(named))
                .isTrue();
        await().atMost(LONG).untilAsserted(() -> assertThat(clientIds("named")).containsOnly("named-named"));
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(clientIds("checked")).containsOnly("whole-checked"));
    }

    @Test
    void whatIsSetInVainIsSaidInOneLineOfItsListener() {
        assertThat(said.stream().filter(line -> line.contains("no use for what is set for it")))
                .singleElement()
                .asString()
                .startsWith("Listener named has")
                .contains("; the value that it returns (it is not sent")
                .contains("info (only the container in the registry tells it");
        assertThat(said.stream().filter(line -> line.contains("do not use these settings")))
                .singleElement()
                .asString()
                .contains("auto.offset.reset: a new group begins with the first message")
                .contains("spring.kafka.listener.concurrency: reliable-messaging.listener.concurrency")
                .contains("still apply to your other listeners");
    }

    @Test
    void aCheckedExceptionRollsBackThoughSpringsInterceptorWouldCommit() {
        publish("checked", "checked one");
        publish("rollback", "rollback one");
        awaitNotes("checked one");
        awaitNotes("rollback one");
        Strict strict = host.getBean(Strict.class);
        assertThat(strict.callsWith("checked one")).isEqualTo(2);
        assertThat(strict.callsWith("rollback one")).isEqualTo(2);
        assertThat(notes("checked one")).hasSize(1);
        assertThat(notes("rollback one")).hasSize(1);
    }

    @Test
    void whatAHandlerCatchesOfAMethodWithoutRollbackIsKept() {
        publish("catching", "caught one");
        awaitNotes("caught one");
        assertThat(notes("caught one")).hasSize(1);
    }

    private static void publish(String topic, String text) {
        host.getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> host.getBean(MessagePublisher.class).publish(topic + "-" + SUFFIX, "k", text));
    }

    private static void awaitNotes(String text) {
        await().atMost(LONG).until(() -> !notes(text).isEmpty());
    }

    private static List<String> notes(String text) {
        return host.getBean(JdbcTemplate.class)
                .queryForList("select text from note where text = ?", String.class, text);
    }

    private static List<String> clientIds(String listener) {
        return host
                .getBean(KafkaListenerEndpointRegistry.class)
                .getListenerContainer(listener)
                .metrics()
                .values()
                .stream()
                .flatMap(metrics -> metrics.keySet().stream())
                .map(name -> name.tags().get("client-id"))
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }
}
