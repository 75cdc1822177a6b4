package io.reliablemessaging.actuate;

import io.reliablemessaging.Finding;
import io.reliablemessaging.MessagingSnapshot;
import io.reliablemessaging.MessagingSnapshot.Capacity;
import io.reliablemessaging.MessagingSnapshot.Inbox;
import io.reliablemessaging.MessagingSnapshot.Lane;
import io.reliablemessaging.MessagingSnapshot.Listener.Outage;
import io.reliablemessaging.MessagingSnapshot.Listener.Pause;
import io.reliablemessaging.MessagingSnapshot.Listener.RunningHandler;
import io.reliablemessaging.MessagingSnapshot.Listener.State;
import io.reliablemessaging.MessagingSnapshot.Relay;
import io.reliablemessaging.MessagingSnapshot.SetAside;
import io.reliablemessaging.Trouble;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The snapshot in a few lines: lanes by their owner, each duration also as a number, and no tables that were never read.
 *
 * @param at when it was made, by this instance's clock
 * @param tablesReadAt when outbox, lanes, setAside and inbox were read; null if they never were
 * @param tablesAgeSeconds how many seconds ago that was
 * @param troubles what is wrong
 * @param findings what could lose messages
 * @param relay the relay of this instance
 * @param outbox messages that are not sent yet
 * @param lanes the parts of the outbox, by the instance that sends them
 * @param listeners the listeners of this instance
 * @param capacity what these listeners share
 * @param setAside parked messages and dead letters
 * @param inbox messages that are remembered as handled
 * @param throughput what this instance has done in the last minute
 */
record SnapshotOverview(
        Instant at,
        @Nullable Instant tablesReadAt,
        @Nullable Double tablesAgeSeconds,
        List<Trouble> troubles,
        List<Finding> findings,
        @Nullable Relay relay,
        @Nullable Outbox outbox,
        List<Lanes> lanes,
        List<Listener> listeners,
        @Nullable Capacity capacity,
        List<SetAside> setAside,
        @Nullable Inbox inbox,
        Throughput throughput) {

    static SnapshotOverview of(MessagingSnapshot now) {
        Instant read = now.tablesReadAt();
        return new SnapshotOverview(
                now.at(),
                read,
                read == null ? null : seconds(Duration.between(read, now.at())),
                now.troubles(),
                now.findings(),
                now.relay(),
                read == null ? null : Outbox.of(now.outbox()),
                Lanes.byOwner(now.lanes()),
                now.listeners().stream().map(Listener::of).toList(),
                now.capacity(),
                now.setAside(),
                read == null ? null : now.inbox(),
                Throughput.of(now.throughput()));
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1e3;
    }

    record Outbox(
            long messages,
            Duration oldest,
            double oldestSeconds,
            long delayed,
            long quarantined,
            long quarantinedKeys) {

        private static Outbox of(MessagingSnapshot.Outbox now) {
            return new Outbox(
                    now.messages(),
                    now.oldest(),
                    seconds(now.oldest()),
                    now.delayed(),
                    now.quarantined(),
                    now.quarantinedKeys());
        }
    }

    record Lanes(
            @Nullable UUID owner,
            @Nullable String host,
            String numbers,
            long messages,
            Duration oldest,
            double oldestSeconds) {

        private static List<Lanes> byOwner(List<Lane> lanes) {
            Map<Optional<UUID>, List<Lane>> owners = lanes.stream()
                    .sorted(Comparator.comparing(Lane::number))
                    .collect(Collectors.groupingBy(lane -> Optional.ofNullable(lane.owner())));
            return owners.entrySet().stream()
                    .map(each -> of(each.getKey().orElse(null), each.getValue()))
                    .sorted(Comparator.comparing(Lanes::numbers))
                    .toList();
        }

        private static Lanes of(@Nullable UUID owner, List<Lane> lanes) {
            Duration oldest = lanes.stream()
                    .map(Lane::oldest)
                    .max(Comparator.naturalOrder())
                    .orElse(Duration.ZERO);
            return new Lanes(
                    owner,
                    lanes.get(0).host(),
                    ranges(lanes.stream().map(Lane::number).toList()),
                    lanes.stream().mapToLong(Lane::messages).sum(),
                    oldest,
                    seconds(oldest));
        }

        /** Writes numbers as ranges in order, such as 0-3, 7. */
        static String ranges(List<Integer> numbers) {
            List<String> ranges = new ArrayList<>();
            for (int from = 0, to; from < numbers.size(); from = to + 1) {
                to = from;
                while (to + 1 < numbers.size() && numbers.get(to + 1) == numbers.get(to) + 1) {
                    to++;
                }
                ranges.add(to == from ? "" + numbers.get(from) : numbers.get(from) + "-" + numbers.get(to));
            }
            return String.join(", ", ranges);
        }
    }

    record Listener(
            String id,
            String group,
            List<String> topics,
            State state,
            @Nullable String error,
            int partitions,
            @Nullable Long lag,
            int maxAttempts,
            @Nullable Outage waitsFor,
            int uncommittedSpan,
            long bytes,
            @Nullable String readingLimit,
            @Nullable Handler longestHandler,
            @Nullable Pause pause) {

        static Listener of(MessagingSnapshot.Listener now) {
            RunningHandler longest = now.longestHandler();
            return new Listener(
                    now.id(),
                    now.group(),
                    now.topics(),
                    now.state(),
                    now.error(),
                    now.partitions(),
                    now.lag(),
                    now.maxAttempts(),
                    now.waitsFor(),
                    now.uncommittedSpan(),
                    now.bytes(),
                    now.readingLimit(),
                    longest == null ? null : Handler.of(longest),
                    now.pause());
        }
    }

    record Handler(String message, String place, Duration duration, double durationSeconds) {

        private static Handler of(RunningHandler now) {
            return new Handler(now.message().toString(), now.place(), now.duration(), seconds(now.duration()));
        }
    }

    record Throughput(
            Duration period,
            double periodSeconds,
            long published,
            long sent,
            long handled,
            long duplicates,
            long failed,
            long dead) {

        private static Throughput of(MessagingSnapshot.Throughput now) {
            return new Throughput(
                    now.period(),
                    seconds(now.period()),
                    now.published(),
                    now.sent(),
                    now.handled(),
                    now.duplicates(),
                    now.failed(),
                    now.dead());
        }
    }
}
