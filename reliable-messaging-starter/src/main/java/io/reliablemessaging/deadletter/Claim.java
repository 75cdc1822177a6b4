package io.reliablemessaging.deadletter;

/**
 * The right to handle the first message of a parked key, until somebody else claims the key.
 *
 * @param message the message
 * @param id its row
 * @param attempts failures counted so far
 * @param number of the claim; a later one ends it
 * @param unanswered how many claims in a row, this one included, nobody has come back from
 */
public record Claim(ReceivedMessage message, long id, int attempts, long number, int unanswered) {}
