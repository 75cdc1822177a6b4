/** Shows what happens to messages in numbers: counts, times and sizes for Micrometer, if the application has it. */
@NullMarked
package io.reliablemessaging.metrics;

import org.jspecify.annotations.NullMarked;
