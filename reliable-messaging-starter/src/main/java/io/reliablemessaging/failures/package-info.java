/** Counts failures by their fingerprints, and shows which faults the messages that are parked or dead have. */
@NullMarked
package io.reliablemessaging.failures;

import org.jspecify.annotations.NullMarked;
