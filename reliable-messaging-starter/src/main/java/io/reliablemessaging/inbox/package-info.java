/** Records which messages a group has taken charge of. Owns table {@code inbox_message}. */
@NullMarked
package io.reliablemessaging.inbox;

import org.jspecify.annotations.NullMarked;
