/** Reads records, lets those of one key wait in line, has them delivered, and commits offsets. Owns the Kafka consumer. */
@NullMarked
package io.reliablemessaging.consumer;

import org.jspecify.annotations.NullMarked;
