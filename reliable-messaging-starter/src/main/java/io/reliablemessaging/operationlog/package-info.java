/** Owns {@code operation_log}: what people did to messages, who did it, when, and why. */
@NullMarked
package io.reliablemessaging.operationlog;

import org.jspecify.annotations.NullMarked;
