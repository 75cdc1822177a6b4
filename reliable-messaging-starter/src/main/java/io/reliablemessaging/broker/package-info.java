/** Creates missing topics, and checks that topics keep what they are given. Reports weak topics, and changes none. */
@NullMarked
package io.reliablemessaging.broker;

import org.jspecify.annotations.NullMarked;
