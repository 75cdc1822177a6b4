package io.reliablemessaging.failures;

import io.reliablemessaging.text.Fingerprint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Counts failures by their fingerprints in memory, until they are written down: those of a new fingerprint at once, later ones
 * once a minute. Remembers a bounded number of fingerprints: of those that were written down, the ones that failed longest ago
 * are forgotten first. While all of them wait to be written down, failures of others are not counted.
 */
final class FailureCounts {

    private static final long BETWEEN = Duration.ofMinutes(1).toNanos();

    private final int most;
    private final LongSupplier nanoTime;
    // the one that failed longest ago first
    private final Map<Fingerprint, Count> counts = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * What was counted for a fingerprint and is not written down.
     *
     * @param failures how many failures
     * @param sinceFirst how long ago the first of them was
     * @param sinceLast how long ago the last of them was
     */
    record Counted(Fingerprint fingerprint, long failures, Duration sinceFirst, Duration sinceLast) {}

    /** The failures of one fingerprint that are not written down. */
    private static final class Count {
        private long failures;
        private long first;
        private long last;
        private boolean taken;
        private long takenAt;

        void add(long number, long firstAt, long lastAt) {
            first = failures == 0 || firstAt - first < 0 ? firstAt : first;
            last = failures == 0 || lastAt - last > 0 ? lastAt : last;
            failures += number;
        }
    }

    /**
     * Creates counts without any failure.
     *
     * @param most how many fingerprints to remember
     * @param nanoTime a clock that only measures differences
     */
    FailureCounts(int most, LongSupplier nanoTime) {
        this.most = most;
        this.nanoTime = nanoTime;
    }

    /**
     * Counts a failure.
     *
     * @return whether the fingerprint is new here, so that it should be written down at once
     */
    synchronized boolean add(Fingerprint fingerprint) {
        Count count = counts.get(fingerprint);
        boolean isNew = count == null;
        if (count == null) {
            if (!makeRoom()) {
                return false;
            }
            count = new Count();
            counts.put(fingerprint, count);
        }
        long now = nanoTime.getAsLong();
        count.add(1, now, now);
        return isNew;
    }

    // the fingerprints that failed longest ago come first: mostly the first one is written down
    private boolean makeRoom() {
        Iterator<Count> oldest = counts.values().iterator();
        while (counts.size() >= most && oldest.hasNext()) {
            if (oldest.next().failures == 0) {
                oldest.remove();
            }
        }
        return counts.size() < most;
    }

    /** Takes what is to be written down now: fingerprints that are new, or were last written down a minute ago. */
    synchronized List<Counted> takeDue() {
        return take(false);
    }

    /** Takes everything that is not written down. */
    synchronized List<Counted> takeAll() {
        return take(true);
    }

    private List<Counted> take(boolean all) {
        long now = nanoTime.getAsLong();
        List<Counted> taken = new ArrayList<>();
        counts.forEach((fingerprint, count) -> {
            boolean due = all || !count.taken || now - count.takenAt >= BETWEEN;
            if (due && count.failures > 0) {
                taken.add(new Counted(
                        fingerprint,
                        count.failures,
                        Duration.ofNanos(now - count.first),
                        Duration.ofNanos(now - count.last)));
                count.failures = 0;
                count.taken = true;
                count.takenAt = now;
            }
        });
        return taken;
    }

    /** Counts again what was taken and could not be written down. It is due after a minute. */
    synchronized void putBack(List<Counted> taken) {
        for (Counted each : taken) {
            Count count = counts.get(each.fingerprint());
            if (count != null) {
                count.add(
                        each.failures(),
                        count.takenAt - each.sinceFirst().toNanos(),
                        count.takenAt - each.sinceLast().toNanos());
            }
        }
    }
}
