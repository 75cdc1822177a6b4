/** Calls the application's method with a message, inside a transaction that either commits or fails visibly. */
@NullMarked
package io.reliablemessaging.handler;

import org.jspecify.annotations.NullMarked;
