/** Reads the next rows of the lanes that this instance owns, from the floor on and without the rows in flight. */
@NullMarked
package io.reliablemessaging.intake;

import org.jspecify.annotations.NullMarked;
