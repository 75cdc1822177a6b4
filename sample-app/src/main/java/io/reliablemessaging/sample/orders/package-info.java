/** Takes orders, and tells the world of each one that is committed. */
@NullMarked
package io.reliablemessaging.sample.orders;

import org.jspecify.annotations.NullMarked;
