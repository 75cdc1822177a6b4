/** Lets Spring Kafka find the annotated methods, and wires what runs them. */
@NullMarked
package io.reliablemessaging.listener;

import org.jspecify.annotations.NullMarked;
