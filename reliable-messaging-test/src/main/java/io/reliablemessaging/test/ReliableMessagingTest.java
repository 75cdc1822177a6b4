package io.reliablemessaging.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.context.annotation.Import;

/**
 * Gives a {@code @SpringBootTest} a real PostgreSQL database of its own and a real Kafka broker, whatever
 * {@code spring.datasource.url} and {@code spring.kafka.bootstrap-servers} say. The servers are shared by all tests of the JVM and end
 * with it. {@link EmbeddedInfrastructure} tells which servers they are.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@Import(EmbeddedInfrastructure.class)
public @interface ReliableMessagingTest {}
