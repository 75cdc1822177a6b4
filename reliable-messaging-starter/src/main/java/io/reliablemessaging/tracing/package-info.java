/** Traces a message on its whole way, from its publisher to its handlers. The only package that uses Micrometer Observation. */
@NullMarked
package io.reliablemessaging.tracing;

import org.jspecify.annotations.NullMarked;
