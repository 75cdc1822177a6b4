/** Owns the Kafka producer: how it is configured, what its failures mean, and the rows that it has confirmed. */
@NullMarked
package io.reliablemessaging.producer;

import org.jspecify.annotations.NullMarked;
