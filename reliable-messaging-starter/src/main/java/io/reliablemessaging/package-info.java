/**
 * Provides the API: every type that an application imports. A message enters through {@link io.reliablemessaging.MessagePublisher}
 * and leaves through a {@link io.reliablemessaging.ReliableListener} method.
 */
@NullMarked
package io.reliablemessaging;

import org.jspecify.annotations.NullMarked;
