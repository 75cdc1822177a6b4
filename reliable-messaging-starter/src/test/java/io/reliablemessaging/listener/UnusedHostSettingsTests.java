package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.reliablemessaging.support.LogCapture;
import java.beans.PropertyDescriptor;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.BeanUtils;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.kafka.autoconfigure.DefaultKafkaConsumerFactoryCustomizer;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.boot.kafka.autoconfigure.metrics.KafkaMetricsAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.ResolvableType;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.kafka.listener.RecordInterceptor;

/** What a host has set for listeners of Spring Kafka is used by ours or named once, with what holds instead. */
class UnusedHostSettingsTests {

    private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();

    @Test
    void everyPropertyOfBootsListenersWasDecided() {
        Set<String> decided = new TreeSet<>(UnusedHostSettings.USED);
        decided.addAll(UnusedHostSettings.UNUSED.keySet());
        assertThat(decided).containsExactlyElementsOf(KafkaMetadata.names("spring.kafka.listener."));
        // of what the metadata lack, too
        assertThat(decided)
                .containsExactlyElementsOf(Stream.of(BeanUtils.getPropertyDescriptors(KafkaProperties.Listener.class))
                        .map(PropertyDescriptor::getName)
                        .filter(name -> !name.equals("class"))
                        .map(name -> name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
                        .sorted()
                        .toList());
    }

    @Test
    void everyPropertyThatIsNotUsedIsNamedByItsOwnNameWhenItIsSet() {
        UnusedHostSettings.UNUSED.forEach((name, unused) -> {
            Map<String, Object> set = KafkaMetadata.sample("spring.kafka.listener." + name);
            assertThat(told(set))
                    .as(name)
                    .singleElement()
                    .asString()
                    .endsWith(": spring.kafka.listener.%s: %s".formatted(name, unused.instead()));
        });
    }

    @Test
    void whatIsUsedIsNotNamed() {
        assertThat(told(Map.of(
                        "spring.kafka.listener.auto-startup", "false",
                        "spring.kafka.listener.client-id", "mine",
                        "spring.kafka.listener.type", "single",
                        "spring.kafka.consumer.group-id", "mine",
                        "spring.kafka.consumer.auto-offset-reset", "earliest",
                        "spring.kafka.consumer.enable-auto-commit", "false",
                        "spring.kafka.consumer.properties.fetch.min.bytes", "2",
                        "spring.kafka.consumer.value-deserializer",
                                "org.apache.kafka.common.serialization.ByteArrayDeserializer")))
                .isEmpty();
    }

    @Test
    void aHostThatSetsNothingReadsNothing() {
        assertThat(told(Map.of())).isEmpty();
    }

    /** Boot defines one for the metrics of consumers, of which the host has never heard. */
    @Test
    void beansOfBootsAreNotNamed() {
        new ApplicationContextRunner()
                .withConfiguration(
                        AutoConfigurations.of(KafkaAutoConfiguration.class, KafkaMetricsAutoConfiguration.class))
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .run(context -> {
                    assertThat(context).hasSingleBean(DefaultKafkaConsumerFactoryCustomizer.class);
                    assertThat(told(Map.of(), (DefaultListableBeanFactory) context.getBeanFactory()))
                            .isEmpty();
                });
    }

    @Test
    void allIsNamedInOneLineWithoutValuesAndNotAsIfTheHostsOwnListenersWereMeant() {
        beans.registerBeanDefinition("handler", new RootBeanDefinition(DefaultErrorHandler.class));
        RootBeanDefinition names = new RootBeanDefinition(Function.class, () -> (Function<?, ?>) String::valueOf);
        names.setTargetType(
                ResolvableType.forClassWithGenerics(Function.class, MessageListenerContainer.class, String.class));
        beans.registerBeanDefinition("names", names);
        beans.registerBeanDefinition("other", new RootBeanDefinition(Function.class, () -> (Function<?, ?>) x -> x));
        beans.registerSingleton("interceptor", (RecordInterceptor<?, ?>) (record, consumer) -> null);
        List<String> told = told(Map.of(
                "spring.kafka.consumer.auto-offset-reset", "latest",
                "spring.kafka.consumer.max-poll-records", "4711",
                "spring.kafka.consumer.properties.interceptor.classes", "acme.Filter",
                "spring.kafka.listener.concurrency", "4712"));
        assertThat(told)
                .containsExactly(
                        "@ReliableListener methods do not use these settings, which still apply to your other listeners and"
                                + " consumers. What applies to @ReliableListener methods instead: "
                                + Stream.of(
                                                "auto.offset.reset: a new group begins with the first message",
                                                "bean 'handler' (CommonErrorHandler): a failure is retried and then a dead"
                                                        + " letter, as reliable-messaging.listener says",
                                                "bean 'interceptor' (RecordInterceptor): a MessagingObserver is told of messages",
                                                "bean 'names' (Function): names of threads begin with rm-",
                                                "interceptor.classes: nothing changes or drops records; a MessagingObserver is"
                                                        + " told of messages",
                                                "max.poll.records: reliable-messaging.listener.memory bounds what is read",
                                                "spring.kafka.listener.concurrency: reliable-messaging.listener.concurrency")
                                        .collect(Collectors.joining("; ")));
        assertThat(told.get(0)).doesNotContain("4711", "4712", "latest", "acme");
    }

    private List<String> told(Map<String, Object> set) {
        return told(set, beans);
    }

    private static List<String> told(Map<String, Object> set, DefaultListableBeanFactory beans) {
        KafkaProperties host = new Binder(new MapConfigurationPropertySource(set))
                .bindOrCreate("spring.kafka", Bindable.of(KafkaProperties.class));
        try (LogCapture log = LogCapture.start()) {
            UnusedHostSettings.find(ConsumerConfiguration.of(host.buildConsumerProperties()), host.getListener(), beans)
                    .logUnused();
            return log.ours().stream().map(LogCapture.Line::message).toList();
        }
    }
}
