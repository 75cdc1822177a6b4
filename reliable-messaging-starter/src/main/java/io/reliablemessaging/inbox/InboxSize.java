package io.reliablemessaging.inbox;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The approximate size of the inbox.
 *
 * @param rows messages remembered, as of PostgreSQL's last statistics of the table
 * @param bytes space on disk, with its index, in bytes
 * @param oldest when the oldest was received, as of the last ANALYZE of the table; null if there was none
 */
public record InboxSize(long rows, long bytes, @Nullable Instant oldest) {}
