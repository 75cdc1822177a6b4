/** Shows {@link io.reliablemessaging.MessagingOperations} to Spring Boot's Actuator: an endpoint, and health. */
@NullMarked
package io.reliablemessaging.actuate;

import org.jspecify.annotations.NullMarked;
