package io.reliablemessaging.operations;

import io.reliablemessaging.MessagingSnapshot.Inbox;
import io.reliablemessaging.MessagingSnapshot.Lane;
import io.reliablemessaging.MessagingSnapshot.Outbox;
import io.reliablemessaging.MessagingSnapshot.SetAside;
import io.reliablemessaging.inbox.InboxSize;
import io.reliablemessaging.relay.LaneOwners.Owner;
import io.reliablemessaging.relay.QuarantineReader;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the tables say at one moment.
 *
 * @param readAt when they were read; null if they never were, and the rest is empty
 * @param outbox what has not been sent
 * @param lanes the parts of the outbox
 * @param setAside messages that failed
 * @param inbox what is remembered as handled
 */
record Tables(@Nullable Instant readAt, Outbox outbox, List<Lane> lanes, List<SetAside> setAside, Inbox inbox) {

    static final Tables NEVER_READ =
            new Tables(null, new Outbox(0, Duration.ZERO, 0, 0, 0), List.of(), List.of(), new Inbox(0, 0, null));

    /** Reads them, with half a dozen short questions. */
    static Tables read(Stages stages, Instant now) {
        Map<Integer, Owner> owners = stages.owners().owners();
        List<Lane> lanes = stages.backlog().lanes().stream()
                .map(lane -> {
                    Owner owner = owners.get(lane.number());
                    return new Lane(
                            lane.number(),
                            lane.messages(),
                            lane.oldest(),
                            owner == null ? null : owner.id(),
                            owner == null ? null : owner.host());
                })
                .toList();
        InboxSize size = stages.inboxSize().size();
        return new Tables(
                now,
                outbox(stages, lanes),
                lanes,
                stages.setAside().count(),
                new Inbox(size.rows(), size.bytes(), size.oldest()));
    }

    private static Outbox outbox(Stages stages, List<Lane> lanes) {
        QuarantineReader.Count quarantine = stages.quarantine().count();
        return new Outbox(
                lanes.stream().mapToLong(Lane::messages).sum(),
                lanes.stream().map(Lane::oldest).max(Comparator.naturalOrder()).orElse(Duration.ZERO),
                stages.backlog().delayed(),
                quarantine.messages(),
                quarantine.keys());
    }

    /** Messages that wait in these lanes. */
    long waitingIn(Set<Integer> numbers) {
        return lanes.stream()
                .filter(lane -> numbers.contains(lane.number()))
                .mapToLong(Lane::messages)
                .sum();
    }
}
