package io.reliablemessaging.operations;

import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.schema.TableRights.Use;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Checks from time to time whether the database role of this application has the rights that it needs. Not thread-safe. */
final class RightsWatch {

    private static final long EVERY_NANOS = Duration.ofSeconds(10).toNanos();

    private final Stages stages;
    private List<Sign> last = List.of();
    private long next = System.nanoTime();

    RightsWatch(Stages stages) {
        this.stages = stages;
    }

    /** Returns the missing rights. Reads them again if the last check is some seconds old. */
    List<Sign> check(long now) {
        if (now - next >= 0) {
            last = List.of(); // unknown, if the query fails
            last = stages.rights().missing(uses()).stream()
                    .map(missing -> new Sign(Kind.RIGHT_MISSING, missing.where(), missing.what()))
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
        if (stages.sending().relay() != null) {
            uses.add(Use.SEND);
        }
        if (!stages.receiving().listeners().all().isEmpty()) {
            uses.add(Use.HANDLE);
        }
        return uses;
    }
}
