package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Scope;
import org.springframework.context.annotation.ScopedProxyMode;
import org.springframework.core.annotation.AliasFor;
import org.springframework.kafka.annotation.KafkaHandler;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.listener.ConsumerSeekAware;
import org.springframework.resilience.annotation.EnableResilientMethods;
import org.springframework.resilience.annotation.Retryable;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/** Listeners that could not keep their promise do not start, and a person reads which, why, and what to write instead. */
@ExtendWith(OutputCaptureExtension.class)
class RefusedListenersIT {

    static class OrderListener {

        final List<String> seen = new CopyOnWriteArrayList<>();

        @ReliableListener(topics = "${test.topic:orders}", groupId = "${test.group:billing}")
        public void on(String order) {
            seen.add(order);
        }
    }

    static class NamedListener {

        @ReliableListener(id = "orders", topics = "orders", groupId = "${test.group}")
        public void on(String order) {}
    }

    static class AnotherListener {

        @ReliableListener(
                topics = {"returns", "orders"},
                groupId = "billing")
        public void handle(String order) {}
    }

    @Async
    static class AsyncListener extends OrderListener {}

    @Retryable
    static class RetriedListener extends OrderListener {}

    @Transactional(readOnly = true)
    static class ReadOnlyListener {

        @ReliableListener(topics = "orders", groupId = "billing")
        public void on(String order) {}
    }

    static class RepeatingListener {

        @ReliableListener(
                topics = {"${test.topic}", "${test.topic}"},
                groupId = "billing")
        public void on(String order) {}
    }

    static class SharingListener {

        @ReliableListener(topics = "orders", groupId = "my orders", ordering = Ordering.NONE)
        public void on(String order) {}
    }

    static class TreeListener {

        @ReliableListener(topics = "orders", groupId = "billing")
        public void on(IncomingMessage<List<com.fasterxml.jackson.databind.JsonNode>> orders) {}
    }

    @com.fasterxml.jackson.databind.annotation.JsonNaming
    record OldOrder(String name) {}

    static class OldListener {

        @ReliableListener(topics = "${test.topic}", groupId = "billing")
        public void on(OldOrder order) {}
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Configuration(proxyBeanMethods = false)
    static class Trees {
        @Bean
        TreeListener treeListener() {
            return new TreeListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Old {
        @Bean
        OldListener oldListener() {
            return new OldListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Single {
        @Bean
        OrderListener orderListener() {
            return new OrderListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Named {
        @Bean
        NamedListener namedListener() {
            return new NamedListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Second {
        @Bean
        AnotherListener anotherListener() {
            return new AnotherListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Twice {
        @Bean
        OrderListener first() {
            return new OrderListener();
        }

        @Bean
        OrderListener second() {
            return new OrderListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAsync
    static class InBackground {
        @Bean
        AsyncListener asyncListener() {
            return new AsyncListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableResilientMethods
    static class Retried {
        @Bean
        RetriedListener retriedListener() {
            return new RetriedListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class ReadOnly {
        @Bean
        ReadOnlyListener readOnlyListener() {
            return new ReadOnlyListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Repeating {
        @Bean
        RepeatingListener repeatingListener() {
            return new RepeatingListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Sharing {
        @Bean
        SharingListener sharingListener() {
            return new SharingListener();
        }
    }

    /** An application's own annotation, which passes on what Spring Kafka knows. */
    @ReliableListener(topics = "orders", groupId = "billing")
    @Retention(RetentionPolicy.RUNTIME)
    @interface ShopListener {

        @AliasFor(annotation = KafkaListener.class)
        String errorHandler() default "";
    }

    static class HandledListener {
        @ShopListener(errorHandler = "none")
        public void on(String order) {}
    }

    static class SeekingListener extends OrderListener implements ConsumerSeekAware {}

    @ShopListener
    static class ClassListener {
        @KafkaHandler
        public void on(String order) {}
    }

    static class OursListener {
        @KafkaListener(topics = "orders", groupId = "billing", containerFactory = ListenerAutoConfiguration.FACTORY)
        public void on(String order) {}
    }

    static class KeepingListener {
        @Transactional(noRollbackFor = IllegalStateException.class)
        @ShopListener
        public void on(String order) {}
    }

    @Transactional(noRollbackForClassName = "IllegalStateException")
    static class KeepingClassListener {
        @ShopListener
        public void on(String order) {}
    }

    static class UnorderedListener {
        @ReliableListener(id = "unordered", topics = "orders", groupId = "billing", ordering = Ordering.NONE)
        public void on(String order) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class Handled {
        @Bean
        HandledListener listener() {
            return new HandledListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Seeking {
        @Bean
        SeekingListener listener() {
            return new SeekingListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class ByClass {
        @Bean
        ClassListener listener() {
            return new ClassListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Ours {
        @Bean
        OursListener listener() {
            return new OursListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Keeping {
        @Bean
        KeepingListener listener() {
            return new KeepingListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class KeepingAsAClass {
        @Bean
        KeepingClassListener listener() {
            return new KeepingClassListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Unordered {
        @Bean
        UnorderedListener listener() {
            return new UnorderedListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Prototype {
        @Bean
        @Scope("prototype")
        OrderListener orderListener() {
            return new OrderListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Proxied {
        @Bean
        @Scope(value = "prototype", proxyMode = ScopedProxyMode.TARGET_CLASS)
        OrderListener orderListener() {
            return new OrderListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OnRequest {
        @Bean
        @Scope(value = "request", proxyMode = ScopedProxyMode.TARGET_CLASS)
        OrderListener orderListener() {
            return new OrderListener();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class LazyHost {
        @Bean
        @Lazy
        OrderListener orderListener() {
            return new OrderListener();
        }
    }

    @Test
    void twoMethodsThatWouldTakeEachOthersMessages(CapturedOutput output) {
        assertThat(HostApplication.onSharedServers(Host.class)
                        .and(Single.class)
                        .and(Second.class)
                        .refusal(output))
                .contains("OrderListener.on(")
                .contains("AnotherListener.handle(")
                .contains("topic 'orders' for group 'billing'")
                .contains("another groupId");
    }

    @ParameterizedTest
    @CsvSource({
        "Twice, bean 'first'; bean 'second'; listener id 'OrderListener.on@billing'; define one bean",
        "InBackground, @Async; Remove the annotation",
        "Retried, @Retryable; inside the same transaction; reliable-messaging.listener.max-attempts",
        "ReadOnly, readOnly = true; Put @Transactional without readOnly",
        "Sharing, group 'my orders'; 'orders.my orders.dlt'; Choose a groupId",
        "Prototype, bean 'orderListener' of scope 'prototype'; ObjectProvider",
        "Proxied, bean 'orderListener' of scope 'prototype'; ObjectProvider",
        "OnRequest, bean 'orderListener' of scope 'request'; ObjectProvider"
    })
    void aListenerThatCannotKeepItsPromise(String host, String texts, CapturedOutput output) throws Exception {
        Class<?> type = Class.forName(RefusedListenersIT.class.getName() + "$" + host);
        assertThat(HostApplication.onSharedServers(Host.class).and(type).refusal(output))
                .contains("on(java.lang.String)")
                .contains(texts.split("; "));
    }

    /** They are refused before anything is connected. */
    @ParameterizedTest
    @CsvSource({
        "Handled, sets errorHandler of @KafkaListener; catch in the method what you expect",
        "Seeking, ConsumerSeekAware; MessagingOperations.skip",
        "ByClass, ClassListener has a listener annotation on the class; on a single method"
    })
    void whatSpringKafkaIsToldAndNobodyWouldHear(String host, String texts, CapturedOutput output) throws Exception {
        Class<?> type = Class.forName(RefusedListenersIT.class.getName() + "$" + host);
        assertThat(HostApplication.of(Host.class)
                        .and(type)
                        .with("spring.datasource.url=jdbc:postgresql://localhost:1/none")
                        .refusal(output))
                .contains(texts.split("; "));
    }

    @ParameterizedTest
    @CsvSource({
        "Ours, has containerFactory 'reliableMessagingContainerFactory' without @ReliableListener; Write @ReliableListener",
        "Keeping, is @Transactional(noRollbackFor = ...); catch the exception in the method and return",
        "KeepingAsAClass, is @Transactional(noRollbackFor = ...); catch the exception in the method and return",
        "Unordered, reliable-messaging.listeners[unordered].on-dead=hold; does not go with ordering none; to release"
    })
    void whatATransactionOrAnOrderCannotKeep(String host, String texts, CapturedOutput output) throws Exception {
        Class<?> type = Class.forName(RefusedListenersIT.class.getName() + "$" + host);
        assertThat(HostApplication.onSharedServers(Host.class)
                        .and(type)
                        .with("reliable-messaging.listener.on-dead=hold")
                        .refusal(output))
                .contains(texts.split("; "));
    }

    @Test
    void aTreeOfJackson2AsPayload(CapturedOutput output) {
        assertThat(HostApplication.onSharedServers(Host.class).and(Trees.class).refusal(output))
                .contains("TreeListener.on(")
                .contains("takes com.fasterxml.jackson.databind.JsonNode of Jackson 2")
                .contains("Let it take tools.jackson.databind.JsonNode, or the JSON text as a String");
    }

    @Test
    void annotationsOfJackson2AreNamedAtStartUp(CapturedOutput output) {
        HostApplication.onSharedServers(Host.class)
                .and(Old.class)
                .with("test.topic=old-" + UUID.randomUUID())
                .run()
                .close();
        assertThat(output)
                .containsOnlyOnce("Payload class %s has @JsonNaming of Jackson 2".formatted(OldOrder.class.getName()))
                .contains("Import tools.jackson.databind.annotation.JsonNaming instead");
    }

    @Test
    void aListenerWhereReliableMessagingIsSwitchedOff(CapturedOutput output) {
        assertThat(HostApplication.onSharedServers(Host.class)
                        .and(Single.class)
                        .with("reliable-messaging.enabled=false")
                        .refusal(output))
                .contains("OrderListener.on(java.lang.String) would never be called")
                .contains("'reliable-messaging.enabled' is false")
                .contains("Set 'reliable-messaging.enabled=true'")
                .contains("@ConditionalOnBooleanProperty");
        HostApplication.onSharedServers(Host.class)
                .with("reliable-messaging.enabled=false")
                .run()
                .close();
    }

    @ParameterizedTest
    @CsvSource({
        "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration, there is no DataSource",
        "org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration, auto-configuration of Kafka is not active"
    })
    void aListenerWhereSomethingIsMissing(String excluded, String text, CapturedOutput output) {
        assertThat(HostApplication.of(Host.class)
                        .and(Single.class)
                        .with("spring.autoconfigure.exclude=" + excluded)
                        .with("spring.datasource.url=jdbc:postgresql://localhost:1/none")
                        .refusal(output))
                .contains("OrderListener.on(java.lang.String) would never be called")
                .contains(text)
                .contains("Add what is missing, or remove the listener");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "billing service", "billing:eu"})
    void aGroupWithoutANameThatATopicCanHave(String group, CapturedOutput output) {
        assertThat(HostApplication.onSharedServers(Host.class)
                        .and(Single.class)
                        .with("test.group=" + group)
                        .refusal(output))
                .contains("OrderListener.on(")
                .contains("groupId");
    }

    /** A listener may be renamed, and its group would change with it. */
    @Test
    void anEmptyGroupIsNotReplacedByTheId(CapturedOutput output) {
        assertThat(HostApplication.onSharedServers(Host.class)
                        .and(Named.class)
                        .with("test.group=")
                        .refusal(output))
                .contains("has no group")
                .contains("Give it a groupId");
    }

    @Test
    void aLazyBeanListensToo() {
        String topic = "lazy-" + UUID.randomUUID();
        try (ConfigurableApplicationContext host = HostApplication.onSharedServers(Host.class)
                .and(LazyHost.class)
                .with("test.topic=" + topic, "reliable-messaging.topics." + topic + ".partitions=1")
                .run()) {
            host.getBean(TransactionTemplate.class)
                    .executeWithoutResult(
                            status -> host.getBean(MessagePublisher.class).publish(topic, "k", "one"));
            await().until(() -> host.getBean(Listeners.class).ids().size() == 1);
            await().until(() -> host.getBean(OrderListener.class).seen.equals(List.of("one")));
        }
    }

    @Test
    void aTopicThatIsNamedTwiceIsListenedToOnce() {
        String topic = "twice-" + UUID.randomUUID();
        try (ConfigurableApplicationContext host = HostApplication.onSharedServers(Host.class)
                .and(Repeating.class)
                .with("test.topic=" + topic, "reliable-messaging.topics." + topic + ".partitions=1")
                .run()) {
            assertThat(host.getBean(Listeners.class).all())
                    .singleElement()
                    .satisfies(listener -> assertThat(listener.topics()).containsExactly(topic));
        }
    }

    @Test
    void propertiesOfAListenerThatDoesNotExistAreNamedOnce(CapturedOutput output) {
        String topic = "unknown-" + UUID.randomUUID();
        HostApplication.onSharedServers(Host.class)
                .and(Single.class)
                .with(
                        "test.topic=" + topic,
                        "reliable-messaging.listeners.biling.max-attempts=3",
                        "reliable-messaging.listeners[OrderListener.on@billing].max-attempts=3")
                .run()
                .close();
        assertThat(output.toString().lines().filter(line -> line.contains("no listener has this id")))
                .singleElement()
                .asString()
                .contains("[biling]: no listener has this id. Known ids: [OrderListener.on@billing]");
    }
}
