package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.handler.IllegalListenerException;
import io.reliablemessaging.listener.HostSettingFate.Honoured;
import io.reliablemessaging.listener.HostSettingFate.Ignored;
import io.reliablemessaging.listener.HostSettingFate.Refused;
import io.reliablemessaging.settings.StartupRefusal;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.core.annotation.AliasFor;
import org.springframework.kafka.annotation.DltHandler;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.annotation.RetryableTopic;
import org.springframework.kafka.annotation.TopicPartition;
import org.springframework.kafka.listener.AbstractConsumerSeekAware;
import org.springframework.mock.env.MockEnvironment;

/** What becomes of each attribute of Spring Kafka's annotation, and of what stands beside ours. */
class KafkaListenerAttributesTests {

    /** An application's own annotation, composed of ours, that passes everything on. */
    @ReliableListener(topics = "", groupId = "")
    @Retention(RetentionPolicy.RUNTIME)
    @interface Everything {

        @AliasFor(annotation = ReliableListener.class)
        String[] topics() default "orders";

        @AliasFor(annotation = ReliableListener.class)
        String groupId() default "billing";

        @AliasFor(annotation = KafkaListener.class)
        String id() default "";

        @AliasFor(annotation = KafkaListener.class)
        String containerFactory() default ListenerAutoConfiguration.FACTORY;

        @AliasFor(annotation = KafkaListener.class)
        String topicPattern() default "";

        @AliasFor(annotation = KafkaListener.class)
        TopicPartition[] topicPartitions() default {};

        @AliasFor(annotation = KafkaListener.class)
        String containerGroup() default "";

        @AliasFor(annotation = KafkaListener.class)
        String errorHandler() default "";

        @AliasFor(annotation = KafkaListener.class)
        boolean idIsGroup() default true;

        @AliasFor(annotation = KafkaListener.class)
        String clientIdPrefix() default "";

        @AliasFor(annotation = KafkaListener.class)
        String beanRef() default "__listener";

        @AliasFor(annotation = KafkaListener.class)
        String concurrency() default "";

        @AliasFor(annotation = KafkaListener.class)
        String autoStartup() default "";

        @AliasFor(annotation = KafkaListener.class)
        String[] properties() default {};

        @AliasFor(annotation = KafkaListener.class)
        boolean splitIterables() default true;

        @AliasFor(annotation = KafkaListener.class)
        String contentTypeConverter() default "";

        @AliasFor(annotation = KafkaListener.class)
        String batch() default "";

        @AliasFor(annotation = KafkaListener.class)
        String filter() default "";

        @AliasFor(annotation = KafkaListener.class)
        String info() default "";

        @AliasFor(annotation = KafkaListener.class)
        String containerPostProcessor() default "";

        @AliasFor(annotation = KafkaListener.class)
        String ackMode() default "";
    }

    /** A method of the name of each attribute, which sets it. */
    @SuppressWarnings("unused")
    static class Sets {

        @Everything(id = "mine")
        void id(String order) {}

        @Everything(topics = {"a", "b"})
        void topics(String order) {}

        @Everything(groupId = "mine")
        void groupId(String order) {}

        @Everything(autoStartup = "false")
        void autoStartup(String order) {}

        @Everything(clientIdPrefix = "mine")
        void clientIdPrefix(String order) {}

        @Everything(containerGroup = "mine")
        void containerGroup(String order) {}

        @Everything(beanRef = "mine")
        void beanRef(String order) {}

        @Everything(idIsGroup = false)
        void idIsGroup(String order) {}

        @Everything(info = "mine")
        void info(String order) {}

        @Everything(splitIterables = false)
        void splitIterables(String order) {}

        @Everything(containerFactory = "another")
        void containerFactory(String order) {}

        @Everything(topicPattern = "orders.*")
        void topicPattern(String order) {}

        @Everything(topicPartitions = @TopicPartition(topic = "orders", partitions = "0"))
        void topicPartitions(String order) {}

        @Everything(errorHandler = "mine")
        void errorHandler(String order) {}

        @Everything(filter = "mine")
        void filter(String order) {}

        @Everything(batch = "true")
        void batch(String order) {}

        @Everything(contentTypeConverter = "mine")
        void contentTypeConverter(String order) {}

        @Everything(containerPostProcessor = "mine")
        void containerPostProcessor(String order) {}

        @Everything(concurrency = "3")
        void concurrency(String order) {}

        @Everything(properties = "sasl.jaas.config=secret")
        void properties(String order) {}

        @Everything(ackMode = "MANUAL")
        void ackMode(String order) {}
    }

    @SuppressWarnings("unused")
    static class Others {

        @ReliableListener(topics = "orders", groupId = "billing", concurrency = 3, autoStartup = "false")
        void plain(String order) {}

        @Everything(batch = "${test.batch:false}", errorHandler = "${test.handler:}")
        void placeholders(String order) {}

        @Everything(batch = "${test.true}")
        void batchByPlaceholder(String order) {}

        @ReliableListener(topics = "orders", groupId = "billing")
        String answering(String order) {
            return order;
        }

        @ReliableListener(topics = "orders", groupId = "billing")
        @KafkaListener(topics = "orders", groupId = "billing")
        void besideSprings(String order) {}

        @ReliableListener(topics = "orders", groupId = "billing")
        @KafkaListener(topics = "orders", groupId = "a")
        @KafkaListener(topics = "orders", groupId = "b")
        void besideTwoOfSprings(String order) {}

        @ReliableListener(topics = "orders", groupId = "billing")
        @Everything(groupId = "shipping")
        void twice(String order) {}
    }

    static class OfSpring {
        @KafkaListener(topics = "orders", groupId = "billing")
        void on(String order) {}
    }

    static class Overriding extends OfSpring {
        @Override
        @ReliableListener(topics = "orders", groupId = "billing")
        void on(String order) {}
    }

    static class Seeking extends AbstractConsumerSeekAware {
        @ReliableListener(topics = "orders", groupId = "billing")
        void on(String order) {}
    }

    static class WithDltHandler {
        @ReliableListener(topics = "orders", groupId = "billing")
        void on(String order) {}

        @DltHandler
        void dead(String order) {}
    }

    static class WithRetryTopicsOfItsOwn extends WithDltHandler {
        @RetryableTopic
        @KafkaListener(topics = "returns", groupId = "billing")
        void giveBack(String order) {}
    }

    @Everything
    static class AsAClass {}

    static class ChildOfAClass extends AsAClass {}

    private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();

    {
        MockEnvironment environment = new MockEnvironment().withProperty("test.true", "true");
        beans.addEmbeddedValueResolver(environment::resolvePlaceholders);
    }

    @Test
    void everyAttributeOfSpringKafkaWasDecided() {
        assertThat(KafkaListenerAttributes.FATES.keySet())
                .containsExactlyInAnyOrderElementsOf(Stream.of(KafkaListener.class.getDeclaredMethods())
                        .map(Method::getName)
                        .toList());
    }

    static Stream<Map.Entry<String, HostSettingFate>> attributes() {
        return KafkaListenerAttributes.FATES.entrySet().stream();
    }

    @ParameterizedTest
    @MethodSource("attributes")
    void whatWasDecidedHolds(Map.Entry<String, HostSettingFate> attribute) {
        Method method = method(Sets.class, attribute.getKey());
        HostSettingFate hostSettingFate = attribute.getValue();
        if (hostSettingFate instanceof Refused refused) {
            assertThatExceptionOfType(IllegalListenerException.class)
                    .isThrownBy(() -> KafkaListenerAttributes.require(method, beans))
                    .withMessageContaining("Sets.%s(".formatted(attribute.getKey()))
                    .withMessageContaining("sets %s of @KafkaListener".formatted(attribute.getKey()))
                    .withMessageContaining(refused.wayOut())
                    .withMessageNotContaining("secret");
            return;
        }
        KafkaListenerAttributes.require(method, beans);
        if (hostSettingFate instanceof Ignored named) {
            assertThat(KafkaListenerAttributes.ignored(method, beans))
                    .containsExactly("%s (%s)".formatted(attribute.getKey(), named.instead()));
        } else {
            assertThat(hostSettingFate).isInstanceOf(Honoured.class);
            assertThat(KafkaListenerAttributes.ignored(method, beans)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "placeholders"})
    void whatSaysNothingPassesInSilence(String name) {
        Method method = method(Others.class, name);
        assertThatNoException().isThrownBy(() -> KafkaListenerAttributes.require(method, beans));
        assertThat(KafkaListenerAttributes.ignored(method, beans)).isEmpty();
    }

    @Test
    void aPlaceholderCountsByItsValue() {
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> KafkaListenerAttributes.require(method(Others.class, "batchByPlaceholder"), beans))
                .withMessageContaining("sets batch");
    }

    @Test
    void aValueThatNobodySendsIsNamed() {
        assertThat(KafkaListenerAttributes.ignored(method(Others.class, "answering"), beans))
                .singleElement()
                .asString()
                .contains("the value that it returns", "MessagePublisher");
    }

    @ParameterizedTest
    @ValueSource(strings = {"besideSprings", "besideTwoOfSprings", "twice"})
    void twoListenerAnnotationsOnOneMethodAreRefused(String name) {
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> KafkaListenerAttributes.require(method(Others.class, name), beans))
                .withMessageContaining("another listener annotation")
                .withMessageContaining("Keep one");
    }

    @Test
    void theNearestAnnotationCounts() {
        assertThatNoException()
                .isThrownBy(() -> KafkaListenerAttributes.require(method(Overriding.class, "on"), beans));
    }

    @ParameterizedTest
    @CsvSource({"Seeking, ConsumerSeekAware, OutboxReplay", "WithDltHandler, @DltHandler, MessagingObserver"})
    void whatNobodyWouldCallIsRefused(String type, String what, String wayOut) throws Exception {
        Class<?> bean = Class.forName(getClass().getName() + "$" + type);
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> BeanTypeRules.require(method(bean, "on"), bean))
                .withMessageContaining(what)
                .withMessageContaining(wayOut);
    }

    @Test
    void aDltHandlerOfOtherMethodsStays() {
        assertThatNoException()
                .isThrownBy(
                        () -> BeanTypeRules.require(method(WithDltHandler.class, "on"), WithRetryTopicsOfItsOwn.class));
    }

    @ParameterizedTest
    @ValueSource(classes = {AsAClass.class, ChildOfAClass.class})
    void aClassAsAListenerIsRefused(Class<?> type) {
        assertThatExceptionOfType(StartupRefusal.class)
                .isThrownBy(() -> BeanTypeRules.requireNoClassLevel(type))
                .withMessageContaining(type.getName())
                .withMessageContaining("single method");
    }

    private static Method method(Class<?> type, String name) {
        return Stream.of(type.getDeclaredMethods())
                .filter(method -> method.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
