/** Delivers one message to its handler: inbox, handler, commit; and on a failure: retry, parked or dead letter. */
@NullMarked
package io.reliablemessaging.delivery;

import org.jspecify.annotations.NullMarked;
