/** Turns payloads into bytes and back, and says why a payload cannot be read. */
@NullMarked
package io.reliablemessaging.payload;

import org.jspecify.annotations.NullMarked;
