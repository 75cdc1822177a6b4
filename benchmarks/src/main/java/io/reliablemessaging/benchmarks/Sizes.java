package io.reliablemessaging.benchmarks;

import java.time.Duration;

/**
 * How much is measured.
 *
 * @param rounds how often each side is measured; the median counts
 * @param backlog rows of a usual backlog
 * @param smallBacklog rows of a small one
 * @param hugeBacklog rows of a huge one
 * @param consumed rows that were sent and deleted while an old snapshot was held
 * @param window how long a flow of transactions is measured
 */
record Sizes(int rounds, int backlog, int smallBacklog, int hugeBacklog, int consumed, Duration window) {

    static Sizes full() {
        return new Sizes(3, 50_000, 10_000, 1_000_000, 300_000, Duration.ofSeconds(8));
    }

    static Sizes tiny() {
        return new Sizes(1, 400, 100, 1_000, 500, Duration.ofMillis(300));
    }
}
