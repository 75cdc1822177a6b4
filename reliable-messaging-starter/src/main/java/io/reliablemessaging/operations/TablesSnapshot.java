package io.reliablemessaging.operations;

import io.reliablemessaging.MessagingSnapshot.Inbox;
import io.reliablemessaging.MessagingSnapshot.Lane;
import io.reliablemessaging.MessagingSnapshot.Outbox;
import io.reliablemessaging.MessagingSnapshot.SetAside;
import io.reliablemessaging.inbox.InboxSize;
import io.reliablemessaging.lanes.LaneOwners.Owner;
import io.reliablemessaging.quarantine.QuarantineReader;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The content of the tables at one moment.
 *
 * @param readAt when they were read; null if they were never read, and the rest is empty
 * @param outbox messages that are not sent yet
 * @param lanes the parts of the outbox
 * @param setAside parked messages and dead letters
 * @param inbox messages that are remembered as handled
 */
record TablesSnapshot(@Nullable Instant readAt, Outbox outbox, List<Lane> lanes, List<SetAside> setAside, Inbox inbox) {

    static final TablesSnapshot NEVER_READ = new TablesSnapshot(
            null, new Outbox(0, Duration.ZERO, 0, 0, 0), List.of(), List.of(), new Inbox(0, 0, null));

    /** Reads the tables, with half a dozen short queries. */
    static TablesSnapshot read(StageReaders stageReaders, Instant now) {
        Map<Integer, Owner> owners = stageReaders.sending().owners().owners();
        List<Lane> lanes = stageReaders.outbox().backlog().lanes().stream()
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
        InboxSize size = stageReaders.receiving().inboxSize().size();
        return new TablesSnapshot(
                now,
                outbox(stageReaders, lanes),
                lanes,
                stageReaders.parked().deadLetters().count(),
                new Inbox(size.rows(), size.bytes(), size.oldest()));
    }

    private static Outbox outbox(StageReaders stageReaders, List<Lane> lanes) {
        QuarantineReader.Count quarantine = stageReaders.outbox().quarantine().count();
        return new Outbox(
                lanes.stream().mapToLong(Lane::messages).sum(),
                lanes.stream().map(Lane::oldest).max(Comparator.naturalOrder()).orElse(Duration.ZERO),
                stageReaders.outbox().backlog().countDelayed(),
                quarantine.messages(),
                quarantine.keys());
    }

    /** Returns how many messages wait in these lanes. */
    long waitingIn(Set<Integer> numbers) {
        return lanes.stream()
                .filter(lane -> numbers.contains(lane.number()))
                .mapToLong(Lane::messages)
                .sum();
    }
}
