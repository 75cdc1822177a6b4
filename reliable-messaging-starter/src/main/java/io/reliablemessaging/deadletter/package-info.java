/** Stores messages whose handler failed: parked messages, which wait for another attempt, and dead letters. Owns table {@code parked_message}. */
@NullMarked
package io.reliablemessaging.deadletter;

import org.jspecify.annotations.NullMarked;
