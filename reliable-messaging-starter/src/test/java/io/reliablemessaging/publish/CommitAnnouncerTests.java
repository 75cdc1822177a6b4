package io.reliablemessaging.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.lanes.LaneNotices;
import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.lanes.OutboxSignal;
import io.reliablemessaging.outbox.OutboxEntry;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** After a commit exactly those are told who send its messages. */
class CommitAnnouncerTests {

    private final Lanes lanes = new Lanes(1);
    private final OutboxSignal here = new OutboxSignal();
    private final LaneNotices elsewhere = mock(LaneNotices.class);
    private final CommitAnnouncer commitAnnouncer = new CommitAnnouncer(lanes, here, elsewhere);

    @Test
    void messagesOfOwnLanesAreAnnouncedHereAndNowhereElse() throws Exception {
        here.setLanesHere(() -> Set.of(0));
        commitAnnouncer.announce(List.of(entry(null)));
        verify(elsewhere, never()).announce(any(), anyBoolean());
        assertThat(wokenUp()).isTrue();
    }

    @Test
    void messagesOfLanesOfOthersAreAnnouncedToThem() throws Exception {
        commitAnnouncer.announce(List.of(entry(null)));
        verify(elsewhere).announce(Set.of(0), false);
        assertThat(wokenUp()).isFalse();
    }

    @Test
    void delayedMessagesAreAnnouncedAsSuch() throws Exception {
        commitAnnouncer.announce(List.of(entry(null), entry(Instant.EPOCH)));
        verify(elsewhere).announce(Set.of(0), true);
        long begin = System.nanoTime();
        here.awaitDelayed(Duration.ofMinutes(1));
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(30));
    }

    @Test
    void whereNoticesAreSwitchedOffOthersFindItByThemselves() {
        new CommitAnnouncer(lanes, here, null).announce(List.of(entry(null)));
        verify(elsewhere, never()).announce(any(), anyBoolean());
    }

    private boolean wokenUp() throws InterruptedException {
        Duration limit = Duration.ofMillis(20);
        long begin = System.nanoTime();
        here.await(limit);
        return System.nanoTime() - begin < limit.toNanos();
    }

    private static OutboxEntry entry(Instant deliverAt) {
        return new OutboxEntry(
                new WireMessage(
                        new MessageId(new UUID(0, 1)),
                        "orders",
                        null,
                        new byte[] {1},
                        new byte[1],
                        new RecordHeaders()),
                deliverAt);
    }
}
