/** Calls the observers of the application without letting them harm a message. All packages but the API may use it. */
@NullMarked
package io.reliablemessaging.observers;

import org.jspecify.annotations.NullMarked;
