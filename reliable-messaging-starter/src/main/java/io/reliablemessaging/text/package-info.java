/** Writes text for people: failures, durations and log lines. Knows no message, no table and no broker. */
@NullMarked
package io.reliablemessaging.text;

import org.jspecify.annotations.NullMarked;
