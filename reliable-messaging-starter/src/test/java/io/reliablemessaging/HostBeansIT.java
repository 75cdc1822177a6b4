package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.support.HostApplication;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.DefaultKafkaProducerFactoryCustomizer;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.annotation.RetryableTopic;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.config.ContainerCustomizer;
import org.springframework.kafka.config.KafkaListenerContainerFactory;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.config.TopicBuilder;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.kafka.listener.CommonErrorHandler;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.listener.RecordInterceptor;
import org.springframework.kafka.support.converter.RecordMessageConverter;
import org.springframework.kafka.support.converter.StringJacksonJsonMessageConverter;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.concurrent.SimpleAsyncTaskScheduler;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.util.backoff.FixedBackOff;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** The host's own Kafka and database beans keep their place and their work beside ours. */
@ExtendWith(OutputCaptureExtension.class)
class HostBeansIT {

    private static final Instant HOST_TIME = Instant.parse("2030-01-01T00:00:00Z");

    record Parcel(String firstName) {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Reliable reliable() {
            return new Reliable();
        }

        @Bean
        Plain plain() {
            return new Plain();
        }
    }

    static class Reliable {
        final List<IncomingMessage<Parcel>> seen = new CopyOnWriteArrayList<>();

        @ReliableListener(topics = "${test.topic}", groupId = "reliable")
        void on(IncomingMessage<Parcel> message) {
            seen.add(message);
        }
    }

    static class Plain {
        final List<String> seen = new CopyOnWriteArrayList<>();

        @KafkaListener(
                id = "plain",
                topics = "${test.topic}.plain",
                groupId = "plain",
                properties = "auto.offset.reset=earliest")
        void on(ConsumerRecord<?, ?> record) {
            if (record.value().equals("bad")) {
                throw new IllegalStateException("the host's own failure");
            }
            seen.add(String.valueOf(record.value()));
        }
    }

    /** Everything that a host may define by itself. */
    @Configuration(proxyBeanMethods = false)
    static class OwnBeans {

        final List<String> calls = new CopyOnWriteArrayList<>();

        @Bean
        ProducerFactory<Object, Object> myProducerFactory(KafkaConnectionDetails kafka) {
            return new DefaultKafkaProducerFactory<>(Map.of(
                    "bootstrap.servers", kafka.getBootstrapServers(),
                    "acks", "1",
                    "client.id", "mine",
                    "key.serializer", "org.apache.kafka.common.serialization.StringSerializer",
                    "value.serializer", "org.apache.kafka.common.serialization.StringSerializer"));
        }

        @Bean
        KafkaTemplate<Object, Object> myTemplate(ProducerFactory<Object, Object> factory) {
            return new KafkaTemplate<>(factory);
        }

        @Bean
        ConsumerFactory<Object, Object> myConsumerFactory(KafkaConnectionDetails kafka) {
            return new DefaultKafkaConsumerFactory<>(Map.of(
                    "bootstrap.servers", kafka.getBootstrapServers(),
                    "key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer",
                    "value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer"));
        }

        @Bean
        ConcurrentKafkaListenerContainerFactory<Object, Object> kafkaListenerContainerFactory(
                ConsumerFactory<Object, Object> consumers,
                CommonErrorHandler errors,
                RecordInterceptor<Object, Object> interceptor,
                ContainerCustomizer<Object, Object, ConcurrentMessageListenerContainer<Object, Object>> customizer) {
            var factory = new ConcurrentKafkaListenerContainerFactory<>();
            factory.setConsumerFactory(consumers);
            factory.setCommonErrorHandler(errors);
            factory.setRecordInterceptor(interceptor);
            factory.setContainerCustomizer(customizer);
            return factory;
        }

        @Bean
        CommonErrorHandler myErrorHandler() {
            return new DefaultErrorHandler(
                    (record, failure) -> calls.add("gave up " + record.value()), new FixedBackOff(0, 1));
        }

        @Bean
        RecordInterceptor<Object, Object> myInterceptor() {
            return (ConsumerRecord<Object, Object> record, Consumer<Object, Object> consumer) -> {
                calls.add("intercepted " + record.value());
                return record;
            };
        }

        @Bean
        ContainerCustomizer<Object, Object, ConcurrentMessageListenerContainer<Object, Object>> myCustomizer() {
            return container -> calls.add("customized " + container.getListenerId());
        }

        @Bean
        DefaultKafkaProducerFactoryCustomizer myProducerCustomizer() {
            return factory -> calls.add("customized a producer factory");
        }

        @Bean
        RecordMessageConverter myConverter() {
            return new StringJacksonJsonMessageConverter();
        }

        @Bean
        KafkaAdmin myAdmin(KafkaConnectionDetails kafka) {
            return new KafkaAdmin(Map.of("bootstrap.servers", kafka.getBootstrapServers()));
        }

        @Bean
        NewTopic myTopic(@Value("${test.topic}") String topic) {
            return TopicBuilder.name(topic + ".plain").partitions(2).build();
        }

        @Bean
        Clock myClock() {
            return Clock.fixed(HOST_TIME, ZoneOffset.UTC);
        }

        @Bean
        TaskScheduler myScheduler() {
            return new SimpleAsyncTaskScheduler();
        }

        @Bean
        JsonMapper myMapper() {
            return JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .build();
        }
    }

    private static final Class<?>[] BY_TYPE = {
        ProducerFactory.class,
        KafkaTemplate.class,
        ConsumerFactory.class,
        CommonErrorHandler.class,
        RecordInterceptor.class,
        ContainerCustomizer.class,
        RecordMessageConverter.class,
        KafkaAdmin.class,
        NewTopic.class,
        Clock.class,
        TaskScheduler.class,
        JsonMapper.class
    };

    private final String topic = "host-" + UUID.randomUUID();

    private final HostApplication host = HostApplication.onSharedServers(Host.class)
            .with(
                    "test.topic=" + topic,
                    "reliable-messaging.topics." + topic + ".partitions=1",
                    "spring.flyway.locations=classpath:host/migration");

    @Test
    void everyBeanOfTheHostKeepsItsPlaceAndItsWork(CapturedOutput output) {
        try (var context = host.and(OwnBeans.class).run()) {
            OwnBeans own = context.getBean(OwnBeans.class);
            for (Class<?> type : BY_TYPE) {
                assertThat(context.getBeanNamesForType(type))
                        .as(type.getSimpleName())
                        .singleElement()
                        .asString()
                        .startsWith("my");
            }
            assertThat(injectable(context, ConcurrentKafkaListenerContainerFactory.class))
                    .isSameAs(context.getBean("kafkaListenerContainerFactory"));
            assertThat(context.getBean(Flyway.class).info().applied()).hasSize(1);
            assertThat(own.calls).contains("customized plain").noneMatch(call -> call.contains("@reliable"));
            assertThat(own.calls).doesNotContain("customized a producer factory"); // it is not Boot's

            send(context, topic + ".plain", "k", "bad");
            send(context, topic + ".plain", "k", "good");
            await().untilAsserted(
                            () -> assertThat(context.getBean(Plain.class).seen).containsExactly("good"));
            assertThat(own.calls).contains("intercepted bad", "gave up bad", "intercepted good");

            publish(context, new Parcel("Ada"));
            IncomingMessage<Parcel> message = received(context);
            assertThat(message.payload()).isEqualTo(new Parcel("Ada"));
            assertThat(message.publishedAt()).isBefore(HOST_TIME); // by the system's clock
            assertThat(own.calls).noneMatch(call -> call.contains("Ada")); // interceptors of the host's containers only
        }
        assertThat(output).doesNotContain("is not eligible for getting processed by all BeanPostProcessors");
    }

    @Test
    void payloadsAreWrittenWithTheHostsJsonMapper() {
        try (var context = host.and(OwnBeans.class).run()) {
            publish(context, Map.of("first_name", "written by another service"));
            assertThat(received(context).payload()).isEqualTo(new Parcel("written by another service"));
        }
    }

    @Test
    void bootsDefaultsStayWhereTheHostDefinesNothing() {
        try (var context = host.run()) {
            for (Class<?> type : List.of(
                    ProducerFactory.class,
                    KafkaTemplate.class,
                    ConsumerFactory.class,
                    KafkaAdmin.class,
                    JsonMapper.class,
                    Flyway.class,
                    PlatformTransactionManager.class,
                    TransactionTemplate.class)) {
                assertThat(context.getBeanNamesForType(type))
                        .as(type.getSimpleName())
                        .hasSize(1);
            }
            assertThat(injectable(context, KafkaListenerContainerFactory.class))
                    .isSameAs(context.getBean("kafkaListenerContainerFactory"));
            publish(context, new Parcel("Ada"));
            assertThat(received(context).payload()).isEqualTo(new Parcel("Ada"));
        }
    }

    @Test
    void ourListenersStartEvenIfBeansAreLazy() {
        try (var context = host.with("spring.main.lazy-initialization=true").run()) {
            assertThat(context.getBean(KafkaListenerEndpointRegistry.class).getListenerContainerIds())
                    .containsExactly("Reliable.on@reliable"); // and not the host's own, which nobody has asked for
            publish(context, new Parcel("Ada"));
            assertThat(received(context).payload()).isEqualTo(new Parcel("Ada"));
        }
    }

    @Test
    void kafkaTransactionsOfTheHostDoNotDisturb() {
        try (var context = host.with("spring.kafka.producer.transaction-id-prefix=" + topic)
                .run()) {
            PlatformTransactionManager database =
                    context.getBean("transactionManager", PlatformTransactionManager.class);
            new TransactionTemplate(database)
                    .executeWithoutResult(
                            status -> context.getBean(MessagePublisher.class).publish(topic, "k", new Parcel("Ada")));
            assertThat(received(context).payload()).isEqualTo(new Parcel("Ada"));
            PlatformTransactionManager kafka =
                    context.getBean("kafkaTransactionManager", PlatformTransactionManager.class);
            new TransactionTemplate(kafka)
                    .executeWithoutResult(status -> send(context, topic, "k", "{\"firstName\":\"Bob\"}"));
            await().until(() -> context.getBean(Reliable.class).seen.size() == 2);
        }
    }

    @Test
    void retryTopicsForAllListenersAreRefusedWithTheWayOut(CapturedOutput output) {
        assertThat(host.with("spring.kafka.retry.topic.enabled=true").refusal(output))
                .contains("@ReliableListener 'Reliable.on@reliable' (topics: " + topic + ")")
                .contains("Set 'spring.kafka.retry.topic.enabled=false'")
                .contains("excludeTopics");
    }

    @Configuration(proxyBeanMethods = false)
    static class Both {

        @RetryableTopic
        @ReliableListener(topics = "${test.topic}", groupId = "both")
        void on(String payload) {}
    }

    @Test
    void aRetryTopicForOneOfOurListenersIsRefused(CapturedOutput output) {
        assertThat(host.and(Both.class).refusal(output)).contains("@ReliableListener 'Both.on@both'");
    }

    private static Object injectable(ApplicationContext context, Class<?> type) {
        return context.getAutowireCapableBeanFactory().getBeanProvider(type).getObject();
    }

    @SuppressWarnings("unchecked")
    private static void send(ApplicationContext context, String topic, String key, String value) {
        KafkaTemplate<Object, Object> template = context.getBean(KafkaTemplate.class);
        template.send(topic, key, value).join();
    }

    private void publish(ConfigurableApplicationContext context, Object payload) {
        context.getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> context.getBean(MessagePublisher.class).publish(topic, "k", payload));
    }

    private static IncomingMessage<Parcel> received(ApplicationContext context) {
        List<IncomingMessage<Parcel>> seen = context.getBean(Reliable.class).seen;
        await().until(() -> !seen.isEmpty());
        return seen.get(0);
    }
}
