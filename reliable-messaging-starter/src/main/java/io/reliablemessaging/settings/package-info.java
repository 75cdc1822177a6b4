/** Refuses to start with settings that cannot mean what was meant, and says so in words of one shape. */
@NullMarked
package io.reliablemessaging.settings;

import org.jspecify.annotations.NullMarked;
