/** Shows people one view of all stages: what waits, who works on it, what is wrong, and where a message is. */
@NullMarked
package io.reliablemessaging.operations;

import org.jspecify.annotations.NullMarked;
