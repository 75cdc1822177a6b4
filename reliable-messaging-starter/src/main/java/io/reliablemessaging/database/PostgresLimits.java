package io.reliablemessaging.database;

import java.time.Duration;

/**
 * From when on something is worth a finding.
 *
 * @param transactionAge how long a transaction has been open
 * @param horizonAge how many transactions vacuum has to leave alone for the sake of a standby
 * @param replayLag how long a standby takes to catch up
 */
record PostgresLimits(Duration transactionAge, long horizonAge, Duration replayLag) {

    static final PostgresLimits DEFAULT = new PostgresLimits(Duration.ofMinutes(15), 1_000_000, Duration.ofMinutes(1));
}
