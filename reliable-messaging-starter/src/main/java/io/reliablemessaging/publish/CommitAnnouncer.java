package io.reliablemessaging.publish;

import io.reliablemessaging.lanes.LaneNotices;
import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.lanes.OutboxSignal;
import io.reliablemessaging.outbox.OutboxEntry;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Announces committed messages to the owners of their lanes: to the relay of this JVM, or to other instances. */
final class CommitAnnouncer {

    private final Lanes lanes;
    private final OutboxSignal signal;
    private final @Nullable LaneNotices notices;

    /**
     * Creates the announcer.
     *
     * @param notices announces to other instances; null if that is switched off
     */
    CommitAnnouncer(Lanes lanes, OutboxSignal signal, @Nullable LaneNotices notices) {
        this.lanes = lanes;
        this.signal = signal;
        this.notices = notices;
    }

    void announce(List<OutboxEntry> entries) {
        // delayed ones too: only the database knows which of them are due already
        Set<Integer> filled =
                entries.stream().map(entry -> lanes.laneOf(entry.message())).collect(Collectors.toSet());
        boolean delayed = entries.stream().anyMatch(entry -> entry.deliverAt() != null);
        if (delayed) {
            signal.wakeForDelayed();
        }
        Set<Integer> others = signal.wakeForLanesHere(filled);
        if (notices != null && !others.isEmpty()) {
            notices.announce(others, delayed);
        }
    }
}
