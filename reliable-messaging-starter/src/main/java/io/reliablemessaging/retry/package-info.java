/** Decides what follows a failure after so many attempts. Pure code: no clock, no table, no broker. */
@NullMarked
package io.reliablemessaging.retry;

import org.jspecify.annotations.NullMarked;
