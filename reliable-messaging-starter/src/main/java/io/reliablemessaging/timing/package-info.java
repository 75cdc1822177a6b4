/** Runs work at intervals, and lets what fails wait longer each time. All packages may use it; it uses none of them. */
@NullMarked
package io.reliablemessaging.timing;

import org.jspecify.annotations.NullMarked;
