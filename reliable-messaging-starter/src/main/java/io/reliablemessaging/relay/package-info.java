/** Sends outbox rows to Kafka, in the order of their keys. Owns the producers and table {@code relay_lane}. */
@NullMarked
package io.reliablemessaging.relay;

import org.jspecify.annotations.NullMarked;
