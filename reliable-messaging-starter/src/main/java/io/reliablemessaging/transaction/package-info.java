/** Runs a handler in a database transaction that is really committed, or fails. */
@NullMarked
package io.reliablemessaging.transaction;

import org.jspecify.annotations.NullMarked;
