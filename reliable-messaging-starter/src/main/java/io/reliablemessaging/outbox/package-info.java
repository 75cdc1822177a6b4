/** The first station: messages become rows in the caller's own transaction. Owns table {@code outbox_message}. */
@NullMarked
package io.reliablemessaging.outbox;

import org.jspecify.annotations.NullMarked;
