package io.reliablemessaging.database;

import java.time.Duration;

/**
 * Limits beyond which something is a finding.
 *
 * @param transactionAge how long a transaction may be open
 * @param horizonAge how many transactions a standby may keep vacuum from cleaning up
 * @param replayLag how far a standby may lag behind
 */
record PostgresLimits(Duration transactionAge, long horizonAge, Duration replayLag) {

    static final PostgresLimits DEFAULT = new PostgresLimits(Duration.ofMinutes(15), 1_000_000, Duration.ofMinutes(1));
}
