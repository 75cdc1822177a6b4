package io.reliablemessaging.outbox;

import io.reliablemessaging.Confirmation;
import java.time.Duration;

/**
 * A row that the broker has acknowledged.
 *
 * @param row the row
 * @param confirmation where the broker has stored it
 * @param waited time from its storing to the acknowledgement
 */
public record SentRecord(OutboxRecord row, Confirmation confirmation, Duration waited) {}
