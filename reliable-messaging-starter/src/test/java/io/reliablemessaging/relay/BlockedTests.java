package io.reliablemessaging.relay;

import static io.reliablemessaging.relay.OutboxRows.key;
import static io.reliablemessaging.relay.OutboxRows.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.reliablemessaging.relay.QuarantineTable.Contents;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A row waits if one before it, of its key, is in quarantine; no other row does. */
class BlockedTests {

    private static final Contents NOTHING = new Contents(Map.of(), Set.of(), true);

    private final QuarantineTable table = mock(QuarantineTable.class);
    private final Blocked blocked = new Blocked(table);

    @Test
    void onlyLaterRowsOfAQuarantinedKeyWait() {
        load(new Contents(Map.of(key("orders", "a"), 10L), Set.of(), false));
        assertThat(blocked.isBlocked(row(11, "orders", "a"))).isTrue();
        assertThat(blocked.isBlocked(row(10, "orders", "a"))).isFalse();
        assertThat(blocked.isBlocked(row(9, "orders", "a")))
                .as("sent again after a failure")
                .isFalse();
        assertThat(blocked.isBlocked(row(11, "orders", "b"))).isFalse();
        assertThat(blocked.isBlocked(row(11, "payments", "a"))).isFalse();
        assertThat(blocked.isBlocked(row(11, "orders", null))).isFalse();
    }

    @Test
    void whatIsRefusedNowBlocksItsKeyWithoutAReading() {
        load(NOTHING);
        assertThat(blocked.isQuarantineEmpty()).isTrue();
        blocked.block(row(5, "orders", "a"));
        assertThat(blocked.isQuarantineEmpty()).isFalse();
        assertThat(blocked.isBlocked(row(6, "orders", "a"))).isTrue();
        assertThat(blocked.follow(Set.of(0), Map.of())).isFalse();
        assertThat(blocked.isBlocked(row(6, "orders", "a"))).isTrue();
    }

    @Test
    void ofTwoRefusedRowsOfAKeyTheEarlierOneCounts() {
        load(NOTHING);
        blocked.block(row(8, "orders", "a"));
        blocked.block(row(5, "orders", "a"));
        blocked.block(row(20, "orders", "a"));
        assertThat(blocked.isBlocked(row(6, "orders", "a"))).isTrue();
        assertThat(blocked.isBlocked(row(5, "orders", "a"))).isFalse();
    }

    @Test
    void aRefusedRowWithoutKeyBlocksNothingAndIsNotForgotten() {
        load(NOTHING);
        blocked.block(row(5, "orders", null));
        assertThat(blocked.isQuarantineEmpty()).isFalse();
        assertThat(blocked.isBlocked(row(6, "orders", null))).isFalse();
        assertThat(blocked.blockedAmong(List.of(row(6, "orders", null)))).isEmpty();
    }

    @Test
    void aQuarantineWithoutKeysIsNotEmpty() {
        load(new Contents(Map.of(), Set.of(), false));
        assertThat(blocked.isQuarantineEmpty()).isFalse();
    }

    @Test
    void keysAreLoadedOnceForTheSameLanes() {
        load(NOTHING);
        assertThat(blocked.follow(Set.of(0), Map.of())).isFalse();
        assertThat(blocked.follow(Set.of(0, 1), Map.of())).isTrue();
        blocked.forget();
        assertThat(blocked.follow(Set.of(0, 1), Map.of())).isTrue();
        verify(table, times(3)).readContents(any());
    }

    @Test
    void whatIsLoadedTakesThePlaceOfWhatWasKnown() {
        load(NOTHING);
        blocked.block(row(5, "orders", "a"));
        blocked.forget();
        load(new Contents(Map.of(key("orders", "b"), 7L), Set.of(), false));
        assertThat(blocked.isBlocked(row(6, "orders", "a"))).isFalse();
        assertThat(blocked.isBlocked(row(8, "orders", "b"))).isTrue();
    }

    /** A person may discard the rest of the key while its first message is on its way. */
    @Test
    void aKeyStaysBlockedWhileAReleasedMessageOfItIsBeingSent() {
        load(NOTHING, Map.of(key("orders", "a"), 5L));
        assertThat(blocked.isBlocked(row(6, "orders", "a"))).isTrue();
        assertThat(blocked.isKeyReleased(row(6, "orders", "a"))).isTrue();
    }

    @Test
    void aKeyOfWhichMoreIsHeldIsNotReleasedByWhatIsBeingSent() {
        load(new Contents(Map.of(key("orders", "a"), 9L), Set.of(), false), Map.of(key("orders", "a"), 5L));
        assertThat(blocked.isBlocked(row(6, "orders", "a")))
                .as("behind the one under way")
                .isTrue();
        assertThat(blocked.isKeyReleased(row(6, "orders", "a"))).isFalse();
    }

    @Test
    void aRefusedRowOfAReleasedKeyHasAllLoadedAgain() {
        load(new Contents(Map.of(key("orders", "a"), 5L), Set.of(key("orders", "a")), false));
        assertThat(blocked.isKeyReleased(row(6, "orders", "a"))).isTrue();
        blocked.block(row(4, "orders", "a"));
        load(new Contents(Map.of(key("orders", "a"), 4L), Set.of(), false));
        assertThat(blocked.isKeyReleased(row(6, "orders", "a"))).isFalse();
        assertThat(blocked.isBlocked(row(5, "orders", "a"))).isTrue();
    }

    @Test
    void aRefusedRowOfAnotherKeyHasNothingLoadedAgain() {
        load(new Contents(Map.of(key("orders", "a"), 5L), Set.of(key("orders", "a")), false));
        blocked.block(row(4, "orders", "b"));
        assertThat(blocked.follow(Set.of(0), Map.of())).isFalse();
    }

    private void load(Contents contents) {
        load(contents, Map.of());
    }

    private void load(Contents contents, Map<TopicKey, Long> underWay) {
        when(table.readContents(any())).thenReturn(contents);
        assertThat(blocked.follow(Set.of(0), underWay)).isTrue();
    }
}
