package io.reliablemessaging;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.core.annotation.AliasFor;
import org.springframework.kafka.annotation.KafkaListener;

/**
 * Marks a method that handles the messages of some topics for a consumer group.
 *
 * <p>The method runs in a database transaction that also records the message in the group's inbox, so its database
 * work takes effect exactly once for each message and group, however often the message is delivered. The offset is committed
 * after the transaction. An exception rolls everything back; the message is parked with the later ones of its key and
 * retried up to {@code reliable-messaging.listener.max-attempts} times, and then becomes a dead letter, also written to {@code
 * <topic>.<group>.dlt}. {@link UnrecoverableMessageException} makes it a dead letter at once; {@link RetryLaterException} asks
 * for another call without counting an attempt. An {@link Error} is a failure like any other, unless the JVM may not survive it
 * ({@link VirtualMachineError}, except {@link StackOverflowError}): that stops the listener before this message.
 *
 * <p>The method takes what a {@link KafkaListener} method takes for one record, in any order: the payload, an {@link
 * IncomingMessage}, a {@code ConsumerRecord}, a Spring {@code Message} or an {@code Optional} of it, all of one type; headers by
 * Spring messaging's {@code @Header}, with all {@code KafkaHeaders} that a record has, or {@code @Headers}; and arguments of
 * resolvers that a {@code KafkaListenerConfigurer} registers. Types may be type variables that the bean's class
 * resolves. A payload that is a list needs {@code @Payload}. A payload that is {@code @Valid} or {@code @Validated} is validated.
 * A message whose payload cannot be converted or is not valid, or that lacks a required header, becomes a dead letter at once. A
 * tombstone is passed as null, or as an empty {@code Optional}; where neither is possible, it becomes a dead letter.
 *
 * <p>The method may be {@code
 * @Transactional} with a propagation that joins the starter's transaction and without {@code noRollbackFor}: every exception
 * that leaves it, a checked one too, rolls its work back. It must not be private, asynchronous, read-only or {@code @Retryable},
 * nor final if its bean has a class-based proxy. Its bean must be a singleton. A group has one such method for each topic. The
 * application does not start with any other method, and says what to write instead. The method may be renamed while messages
 * wait: they belong to group and topic.
 *
 * <p>This annotation is a composed {@link KafkaListener}, so Spring Kafka's registry and tooling see it. Attributes of {@code
 * @KafkaListener} that are missing here can be set by an annotation of the application that is composed of this one: each is
 * honoured, refused at start-up with a reason, or named once in the log together with what is used instead.
 * {@code docs/listeners.md} lists them, and the properties of {@code spring.kafka.listener} and {@code
 * spring.kafka.consumer}.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@KafkaListener(containerFactory = "reliableMessagingContainerFactory")
public @interface ReliableListener {

    /** Names the topics to read; property placeholders are resolved. */
    @AliasFor(annotation = KafkaListener.class, attribute = "topics")
    String[] topics();

    /** Names the consumer group: each group handles each message once. */
    @AliasFor(annotation = KafkaListener.class, attribute = "groupId")
    String groupId();

    /** Names the listener's container in Spring Kafka's registry; the default consists of the method's name and the group. */
    @AliasFor(annotation = KafkaListener.class, attribute = "id")
    String id() default "";

    /**
     * Tells whether the listener starts with the application: {@code true}, {@code false}, a placeholder or an expression; the default
     * is {@code spring.kafka.listener.auto-startup}. Otherwise start it by its id in Spring Kafka's registry.
     */
    @AliasFor(annotation = KafkaListener.class, attribute = "autoStartup")
    String autoStartup() default "";

    /**
     * Limits how many messages are handled at once in each instance of the application, as far as the connection pool allows; 0
     * means {@code reliable-messaging.listener.concurrency}.
     */
    int concurrency() default 0;

    /** Sets the order that is kept; the default is {@code reliable-messaging.listener.ordering}. At most one value. */
    Ordering[] ordering() default {};

    /** Sets how many messages share a transaction; the default is {@code reliable-messaging.listener.transaction}. At most one value. */
    TransactionMode[] transaction() default {};
}
