/** Owns {@code paused_listener}: which listeners a person has paused, in all instances, until a person has them go on. */
@NullMarked
package io.reliablemessaging.pause;

import org.jspecify.annotations.NullMarked;
