/** Tells customers about their orders, and fails at poisoned orders: they cause the sample's retries and dead letters. */
@NullMarked
package io.reliablemessaging.sample.notifications;

import org.jspecify.annotations.NullMarked;
