package io.reliablemessaging;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.core.annotation.AliasFor;
import org.springframework.kafka.annotation.KafkaListener;

/**
 * Marks a method that handles the messages of some topics on behalf of a consumer group.
 *
 * <p>The method runs inside a database transaction that also records the message in the group's inbox, so its database
 * work takes effect exactly once per message and group, however often the message is delivered. The offset is committed
 * after the transaction. An exception rolls everything back; the message is set aside with the later ones of its key and
 * tried again up to {@code reliable-messaging.listener.max-attempts} times, and then becomes a dead letter on {@code
 * <topic>.<group>.dlt}. {@link UnrecoverableMessageException} makes it one at once, {@link RetryLaterException} asks for
 * another call without spending an attempt. An {@link Error} is a failure like any other, unless the JVM may not survive it
 * ({@link VirtualMachineError}, except {@link StackOverflowError}): that stops the listener before its message.
 *
 * <p>The method takes what a {@link KafkaListener} method takes for one record, in any order: the payload, an {@link
 * IncomingMessage}, a {@code ConsumerRecord}, a Spring {@code Message} or an {@code Optional} of it, all of one type; headers by
 * Spring messaging's {@code @Header}, with all {@code KafkaHeaders} that a record has, or {@code @Headers}; and what argument
 * resolvers that a {@code KafkaListenerConfigurer} registers make. Types may come from type variables that the bean's class
 * says. A payload that is a list needs {@code @Payload}. If the payload is {@code @Valid} or {@code @Validated}, it is held
 * against the constraints of its type. A message whose payload cannot be converted or is not valid, or that lacks a required
 * header, is a dead letter at once. A tombstone is null, or an empty {@code Optional}; where neither can be, it is a dead letter.
 *
 * <p>It may be {@code
 * @Transactional} with a propagation that joins our transaction and without {@code noRollbackFor}: whatever exception leaves
 * it, a checked one too, rolls its work back. It must not be private, asynchronous, read-only or {@code @Retryable}, nor final
 * if its bean has a class-based proxy. Its bean is a singleton. A group has one such method for each topic. The application
 * does not start with another, and says what to write instead. The method may be renamed while messages wait: they belong to
 * group and topic.
 *
 * <p>It is a composed {@link KafkaListener}, so Spring Kafka's registry and tooling see it. Attributes of {@code
 * @KafkaListener} that are not here can be set by an annotation of the application that is composed of this one: they are
 * honoured, refused at start-up with a reason, or named once in the log with what holds instead, and none is ignored in silence.
 * {@code docs/listeners.md} lists them, and the properties of {@code spring.kafka.listener} and {@code
 * spring.kafka.consumer}.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@KafkaListener(containerFactory = "reliableMessagingContainerFactory")
public @interface ReliableListener {

    /** Topics to read; property placeholders are resolved. */
    @AliasFor(annotation = KafkaListener.class, attribute = "topics")
    String[] topics();

    /** Consumer group: each group handles each message once. */
    @AliasFor(annotation = KafkaListener.class, attribute = "groupId")
    String groupId();

    /** Name of the listener's container in Spring Kafka's registry; the default is made from the method's name and group. */
    @AliasFor(annotation = KafkaListener.class, attribute = "id")
    String id() default "";

    /**
     * Whether the listener starts with the application: {@code true}, {@code false}, a placeholder or an expression; the default
     * is {@code spring.kafka.listener.auto-startup}. One that does not is started by its id in Spring Kafka's registry.
     */
    @AliasFor(annotation = KafkaListener.class, attribute = "autoStartup")
    String autoStartup() default "";

    /**
     * How many messages are handled at once, in each instance of the application, as far as the connection pool goes; 0 for
     * {@code reliable-messaging.listener.concurrency}.
     */
    int concurrency() default 0;

    /** What is kept in order, if not what {@code reliable-messaging.listener.ordering} says; at most one. */
    Ordering[] ordering() default {};

    /** How many messages share a transaction, if not what {@code reliable-messaging.listener.transaction} says; at most one. */
    TransactionMode[] transaction() default {};
}
