package io.reliablemessaging;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a type of event that is published to Kafka. Pass the event to Spring's {@code ApplicationEventPublisher}, or return it from a
 * Spring Data aggregate's {@code @DomainEvents} method, inside a transaction: it goes through the outbox like a call of {@link
 * MessagePublisher#publish(String, String, Object)}, on the publishing thread, with the same exceptions.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
public @interface ReliableEvent {

    /** Names the topic to publish to; property placeholders are resolved. */
    String topic();

    /**
     * Names the property of the event that is the message's key: a record component, a getter or a method without parameters. Dots
     * lead to nested properties. Without a key the message has no order.
     */
    String key() default "";
}
