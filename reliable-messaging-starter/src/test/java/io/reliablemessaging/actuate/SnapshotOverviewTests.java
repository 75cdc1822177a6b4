package io.reliablemessaging.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessagingSnapshot;
import io.reliablemessaging.MessagingSnapshot.Inbox;
import io.reliablemessaging.MessagingSnapshot.Lane;
import io.reliablemessaging.MessagingSnapshot.Outbox;
import io.reliablemessaging.MessagingSnapshot.Throughput;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The overview is short, says how old it is, and has each duration as a number. */
class SnapshotOverviewTests {

    private static final UUID BILLING = UUID.fromString("00000000-0000-0000-0000-000000000001");
    private static final Instant NOW = Instant.parse("2026-11-28T10:00:00Z");

    private static MessagingSnapshot snapshot(@Nullable Instant read, Lane... lanes) {
        return new MessagingSnapshot(
                NOW,
                read,
                List.of(),
                List.of(),
                null,
                new Outbox(3, Duration.ofMillis(2500), 0, 0, 0),
                List.of(lanes),
                List.of(),
                null,
                List.of(),
                new Inbox(1, 8192, null),
                new Throughput(Duration.ofMinutes(1), 0, 0, 0, 0, 0, 0));
    }

    private static Lane lane(int number, long messages, @Nullable UUID owner) {
        return new Lane(number, messages, Duration.ofSeconds(messages), owner, owner == null ? null : "billing-host");
    }

    @Test
    void lanesStandTogetherByOwner() {
        SnapshotOverview snapshotOverview = SnapshotOverview.of(snapshot(
                NOW,
                lane(0, 1, BILLING),
                lane(1, 0, BILLING),
                lane(2, 4, null),
                lane(3, 2, BILLING),
                lane(4, 0, null)));
        assertThat(snapshotOverview.lanes())
                .containsExactly(
                        new SnapshotOverview.Lanes(BILLING, "billing-host", "0-1, 3", 3, Duration.ofSeconds(2), 2),
                        new SnapshotOverview.Lanes(null, null, "2, 4", 4, Duration.ofSeconds(4), 4));
    }

    @Test
    void durationsAreNumbersToo() {
        JsonNode json = JsonMapper.shared().valueToTree(SnapshotOverview.of(snapshot(NOW.minusSeconds(7))));
        assertThat(json.at("/outbox/oldestSeconds").asDouble()).isEqualTo(2.5);
        assertThat(json.at("/throughput/periodSeconds").asDouble()).isEqualTo(60);
        assertThat(json.at("/tablesAgeSeconds").asDouble()).isEqualTo(7);
    }

    @Test
    void tablesThatWereNeverReadSayNothing() {
        SnapshotOverview snapshotOverview = SnapshotOverview.of(snapshot(null));
        assertThat(snapshotOverview.outbox()).isNull();
        assertThat(snapshotOverview.inbox()).isNull();
        assertThat(snapshotOverview.tablesAgeSeconds()).isNull();
    }
}
