package io.reliablemessaging.outbox;

import io.reliablemessaging.Confirmation;

/**
 * A row that the broker has acknowledged.
 *
 * @param row the row
 * @param confirmation where the broker has put it
 */
public record SentRecord(OutboxRecord row, Confirmation confirmation) {}
