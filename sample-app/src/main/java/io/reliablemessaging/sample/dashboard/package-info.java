/** Shows what the other packages do while it happens; the messages' way does not depend on it. */
@NullMarked
package io.reliablemessaging.sample.dashboard;

import org.jspecify.annotations.NullMarked;
