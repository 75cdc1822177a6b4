/** One trace over a message's whole way, from its publisher to its handlers. The only one that knows Micrometer Observation. */
@NullMarked
package io.reliablemessaging.tracing;

import org.jspecify.annotations.NullMarked;
