package io.reliablemessaging.inbox;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How large the inbox is, about.
 *
 * @param rows messages remembered, as of PostgreSQL's last look at the table
 * @param bytes space on disk, with its index
 * @param oldest when the oldest of them was received, as of PostgreSQL's last analysis of the table; null if there was none
 */
public record InboxSize(long rows, long bytes, @Nullable Instant oldest) {}
