/** Tells customers about their orders, and fails at the poisoned ones: here retries and dead letters come from. */
@NullMarked
package io.reliablemessaging.sample.notifications;

import org.jspecify.annotations.NullMarked;
