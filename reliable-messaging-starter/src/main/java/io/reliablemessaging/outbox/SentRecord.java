package io.reliablemessaging.outbox;

import io.reliablemessaging.Confirmation;
import java.time.Duration;

/**
 * A row that the broker has acknowledged.
 *
 * @param row the row
 * @param confirmation where the broker has put it
 * @param waited how long after its transaction had stored it
 */
public record SentRecord(OutboxRecord row, Confirmation confirmation, Duration waited) {}
