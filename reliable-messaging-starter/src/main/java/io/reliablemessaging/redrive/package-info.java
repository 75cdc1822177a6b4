/** Redrives many dead letters as jobs that survive a crash, started by people or by schedules. */
@NullMarked
package io.reliablemessaging.redrive;

import org.jspecify.annotations.NullMarked;
