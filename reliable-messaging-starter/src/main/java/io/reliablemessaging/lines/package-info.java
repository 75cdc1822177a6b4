/** Keeps the records of a partition in order: a line for each key, and the offset up to which all are finished. */
@NullMarked
package io.reliablemessaging.lines;

import org.jspecify.annotations.NullMarked;
