/** Tries out messages with the handlers of this instance, and refuses meanwhile what a rollback would not undo. */
@NullMarked
package io.reliablemessaging.dryrun;

import org.jspecify.annotations.NullMarked;
