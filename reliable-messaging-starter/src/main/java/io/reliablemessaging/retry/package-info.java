/** A pure decision: so many attempts and this failure, so what next? No clock, no table, no broker. */
@NullMarked
package io.reliablemessaging.retry;

import org.jspecify.annotations.NullMarked;
