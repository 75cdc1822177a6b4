/** A shop: {@code orders} publishes, {@code shipping} and {@code notifications} listen, {@code dashboard} watches. */
@NullMarked
package io.reliablemessaging.sample;

import org.jspecify.annotations.NullMarked;
