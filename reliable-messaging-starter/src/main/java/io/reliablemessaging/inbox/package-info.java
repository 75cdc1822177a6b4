/** Has this group taken charge of this message before? Owns table {@code inbox_message}. */
@NullMarked
package io.reliablemessaging.inbox;

import org.jspecify.annotations.NullMarked;
