package io.reliablemessaging.operations;

import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.schema.TableRights.Use;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Checks from time to time whether the database role of this application has the rights that it needs. Not thread-safe. */
final class RightsMonitor {

    private static final long EVERY_NANOS = Duration.ofSeconds(10).toNanos();

    private final StageReaders stageReaders;
    private List<ObservedTrouble> last = List.of();
    private long next = System.nanoTime();

    RightsMonitor(StageReaders stageReaders) {
        this.stageReaders = stageReaders;
    }

    /** Returns the missing rights. Reads them again if the last check is some seconds old. */
    List<ObservedTrouble> check(long now) {
        if (now - next >= 0) {
            last = List.of(); // unknown, if the query fails
            last = stageReaders.tables().rights().missing(uses()).stream()
                    .map(missing -> new ObservedTrouble(Kind.RIGHT_MISSING, missing.where(), missing.what()))
                    .toList();
            next = now + EVERY_NANOS;
        }
        return last;
    }

    /** Makes the next call read the rights again, because a query has failed. */
    void checkNextTime(long now) {
        next = now;
    }

    private Set<Use> uses() {
        Set<Use> uses = EnumSet.of(Use.PUBLISH);
        if (stageReaders.sending().relay() != null) {
            uses.add(Use.SEND);
        }
        if (!stageReaders.receiving().listeners().all().isEmpty()) {
            uses.add(Use.HANDLE);
        }
        return uses;
    }
}
