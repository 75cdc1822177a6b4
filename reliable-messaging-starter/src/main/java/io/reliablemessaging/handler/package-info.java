/** Calls the application's method with a message, inside a transaction that is really committed or fails. */
@NullMarked
package io.reliablemessaging.handler;

import org.jspecify.annotations.NullMarked;
