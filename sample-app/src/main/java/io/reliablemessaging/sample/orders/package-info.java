/** Accepts orders, and publishes each one that is committed. */
@NullMarked
package io.reliablemessaging.sample.orders;

import org.jspecify.annotations.NullMarked;
