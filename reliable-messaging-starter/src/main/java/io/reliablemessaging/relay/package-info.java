/** Moves outbox rows to Kafka, in the order of their keys. Owns the producer, and table {@code relay_lane}. */
@NullMarked
package io.reliablemessaging.relay;

import org.jspecify.annotations.NullMarked;
