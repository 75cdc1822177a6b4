/** Messages whose handler failed: waiting for another attempt, or dead. Owns table {@code parked_message}. */
@NullMarked
package io.reliablemessaging.deadletter;

import org.jspecify.annotations.NullMarked;
