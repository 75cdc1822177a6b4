/** The last station: record, transaction, inbox, handler, commit, and only then the offset. Owns the consumer. */
@NullMarked
package io.reliablemessaging.listener;

import org.jspecify.annotations.NullMarked;
