/** Takes messages into the caller's transaction and inserts their rows as its last statements. */
@NullMarked
package io.reliablemessaging.publish;

import org.jspecify.annotations.NullMarked;
