package io.reliablemessaging.faults.bank;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What this instance does.
 *
 * @param instance Name in the history
 * @param directory Where diaries are kept, and where a file named "work" lets the workload run
 * @param keys Number of accounts
 * @param threads Threads that make transfers, none in a mere consumer
 * @param only The one kind of transaction to make, or null for all
 * @param pace Longest pause of a thread between two transactions
 * @param seed Of this instance's random choices
 * @param consume Whether this instance listens
 * @param repaired Whether handlers no longer fail, though they are told to
 */
@ConfigurationProperties("bank")
record BankProperties(
        String instance,
        Path directory,
        @DefaultValue("40") int keys,
        @DefaultValue("0") int threads,
        @Nullable Kind only,
        @DefaultValue("20ms") Duration pace,
        @DefaultValue("1") long seed,
        @DefaultValue("false") boolean consume,
        @DefaultValue("false") boolean repaired) {}
