/** Runs handlers on shared threads, with a fair share of the permits for each listener. */
@NullMarked
package io.reliablemessaging.permits;

import org.jspecify.annotations.NullMarked;
