/** The second station: topics that keep what they are given. Creates missing ones, reports weak ones, changes none. */
@NullMarked
package io.reliablemessaging.broker;

import org.jspecify.annotations.NullMarked;
