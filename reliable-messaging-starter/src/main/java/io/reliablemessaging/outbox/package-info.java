/** Stores messages as rows of the outbox in the transaction of the caller. Owns table {@code outbox_message}. */
@NullMarked
package io.reliablemessaging.outbox;

import org.jspecify.annotations.NullMarked;
