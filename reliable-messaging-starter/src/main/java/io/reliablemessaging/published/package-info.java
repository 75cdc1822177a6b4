/** Owns {@code outbox_published}: what was sent and is remembered for a while. */
@NullMarked
package io.reliablemessaging.published;

import org.jspecify.annotations.NullMarked;
