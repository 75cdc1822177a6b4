/** Measures the relay against the best that could be done without it; no part of what users get. */
@NullMarked
package io.reliablemessaging.benchmarks;

import org.jspecify.annotations.NullMarked;
