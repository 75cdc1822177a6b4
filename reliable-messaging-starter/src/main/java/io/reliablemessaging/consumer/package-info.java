/** Reads records, keeps those of a key in line, has them delivered, and commits offsets. Owns the Kafka consumer. */
@NullMarked
package io.reliablemessaging.consumer;

import org.jspecify.annotations.NullMarked;
