package io.reliablemessaging.outbox;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** After a commit, tells whoever sends its messages: the relay of this JVM, or those of other instances. */
final class Announcer {

    private final Lanes lanes;
    private final OutboxSignal here;
    private final @Nullable LaneNotices elsewhere;

    /**
     * Makes it.
     *
     * @param elsewhere tells other instances, unless that is switched off
     */
    Announcer(Lanes lanes, OutboxSignal here, @Nullable LaneNotices elsewhere) {
        this.lanes = lanes;
        this.here = here;
        this.elsewhere = elsewhere;
    }

    void committed(List<OutboxEntry> entries) {
        // delayed ones too: only the database knows which of them were due
        Set<Integer> filled =
                entries.stream().map(entry -> lanes.laneOf(entry.message())).collect(Collectors.toSet());
        boolean delayed = entries.stream().anyMatch(entry -> entry.deliverAt() != null);
        if (delayed) {
            here.delayed();
        }
        Set<Integer> others = here.committed(filled);
        if (elsewhere != null && !others.isEmpty()) {
            elsewhere.announce(others, delayed);
        }
    }
}
