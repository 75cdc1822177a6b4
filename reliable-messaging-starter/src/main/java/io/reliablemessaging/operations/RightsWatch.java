package io.reliablemessaging.operations;

import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.schema.TableRights.Use;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Looks now and then whether this application's role may do what it has to. Of one thread. */
final class RightsWatch {

    private static final long EVERY_NANOS = Duration.ofSeconds(10).toNanos();

    private final Stages stages;
    private List<Sign> last = List.of();
    private long next = System.nanoTime();

    RightsWatch(Stages stages) {
        this.stages = stages;
    }

    /** What the role lacks, as of some seconds ago at most. */
    List<Sign> look(long now) {
        if (now - next >= 0) {
            last = List.of(); // nobody knows it any more, should the question fail
            last = stages.rights().missing(uses()).stream()
                    .map(missing -> new Sign(Kind.RIGHT_MISSING, missing.where(), missing.what()))
                    .toList();
            next = now + EVERY_NANOS;
        }
        return last;
    }

    /** Something has failed: it is asked the next time. */
    void askAgain(long now) {
        next = now;
    }

    private Set<Use> uses() {
        Set<Use> uses = EnumSet.of(Use.PUBLISH);
        if (stages.relay() != null) {
            uses.add(Use.SEND);
        }
        if (!stages.listeners().all().isEmpty()) {
            uses.add(Use.HANDLE);
        }
        return uses;
    }
}
