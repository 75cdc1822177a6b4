package io.reliablemessaging;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a type of event that is published to Kafka. Hand it to Spring's {@code ApplicationEventPublisher}, or return it from a
 * Spring Data aggregate's {@code @DomainEvents} method, inside a transaction: it goes through the outbox as {@link
 * MessagePublisher#publish(String, String, Object)} would, on the publishing thread, and throws what that would.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
public @interface ReliableEvent {

    /** Topic to publish to; property placeholders are resolved. */
    String topic();

    /**
     * Property of the event that is the message's key: a record component, a getter or a method without parameters. Its
     * properties can be reached with dots. Without one the message keeps no order.
     */
    String key() default "";
}
