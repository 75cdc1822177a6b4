/** Owns {@code outbox_delayed}: messages that are to be sent later, and the task that moves them to the outbox when they are due. */
@NullMarked
package io.reliablemessaging.delayed;

import org.jspecify.annotations.NullMarked;
