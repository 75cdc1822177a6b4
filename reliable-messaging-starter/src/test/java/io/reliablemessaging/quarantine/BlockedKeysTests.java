package io.reliablemessaging.quarantine;

import static io.reliablemessaging.outbox.OutboxRows.key;
import static io.reliablemessaging.outbox.OutboxRows.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.reliablemessaging.quarantine.QuarantineTable.Contents;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A row waits if one before it, of its key, is in quarantine; no other row does. */
class BlockedKeysTests {

    private static final Contents NOTHING = new Contents(Map.of(), Set.of(), true);

    private final QuarantineTable table = mock(QuarantineTable.class);
    private final BlockedKeys blockedKeys = new BlockedKeys(table);

    @Test
    void onlyLaterRowsOfAQuarantinedKeyWait() {
        load(new Contents(Map.of(key("orders", "a"), 10L), Set.of(), false));
        assertThat(blockedKeys.isBlocked(row(11, "orders", "a"))).isTrue();
        assertThat(blockedKeys.isBlocked(row(10, "orders", "a"))).isFalse();
        assertThat(blockedKeys.isBlocked(row(9, "orders", "a")))
                .as("sent again after a failure")
                .isFalse();
        assertThat(blockedKeys.isBlocked(row(11, "orders", "b"))).isFalse();
        assertThat(blockedKeys.isBlocked(row(11, "payments", "a"))).isFalse();
        assertThat(blockedKeys.isBlocked(row(11, "orders", null))).isFalse();
    }

    @Test
    void whatIsRefusedNowBlocksItsKeyWithoutAReading() {
        load(NOTHING);
        assertThat(blockedKeys.isQuarantineEmpty()).isTrue();
        blockedKeys.block(row(5, "orders", "a"));
        assertThat(blockedKeys.isQuarantineEmpty()).isFalse();
        assertThat(blockedKeys.isBlocked(row(6, "orders", "a"))).isTrue();
        assertThat(blockedKeys.follow(Set.of(0), Map.of())).isFalse();
        assertThat(blockedKeys.isBlocked(row(6, "orders", "a"))).isTrue();
    }

    @Test
    void ofTwoRefusedRowsOfAKeyTheEarlierOneCounts() {
        load(NOTHING);
        blockedKeys.block(row(8, "orders", "a"));
        blockedKeys.block(row(5, "orders", "a"));
        blockedKeys.block(row(20, "orders", "a"));
        assertThat(blockedKeys.isBlocked(row(6, "orders", "a"))).isTrue();
        assertThat(blockedKeys.isBlocked(row(5, "orders", "a"))).isFalse();
    }

    @Test
    void aRefusedRowWithoutKeyBlocksNothingAndIsNotForgotten() {
        load(NOTHING);
        blockedKeys.block(row(5, "orders", null));
        assertThat(blockedKeys.isQuarantineEmpty()).isFalse();
        assertThat(blockedKeys.isBlocked(row(6, "orders", null))).isFalse();
        assertThat(blockedKeys.blockedAmong(List.of(row(6, "orders", null)))).isEmpty();
    }

    @Test
    void aQuarantineWithoutKeysIsNotEmpty() {
        load(new Contents(Map.of(), Set.of(), false));
        assertThat(blockedKeys.isQuarantineEmpty()).isFalse();
    }

    @Test
    void keysAreLoadedOnceForTheSameLanes() {
        load(NOTHING);
        assertThat(blockedKeys.follow(Set.of(0), Map.of())).isFalse();
        assertThat(blockedKeys.follow(Set.of(0, 1), Map.of())).isTrue();
        blockedKeys.forget();
        assertThat(blockedKeys.follow(Set.of(0, 1), Map.of())).isTrue();
        verify(table, times(3)).readContents(any());
    }

    @Test
    void whatIsLoadedTakesThePlaceOfWhatWasKnown() {
        load(NOTHING);
        blockedKeys.block(row(5, "orders", "a"));
        blockedKeys.forget();
        load(new Contents(Map.of(key("orders", "b"), 7L), Set.of(), false));
        assertThat(blockedKeys.isBlocked(row(6, "orders", "a"))).isFalse();
        assertThat(blockedKeys.isBlocked(row(8, "orders", "b"))).isTrue();
    }

    /** A person may discard the rest of the key while its first message is on its way. */
    @Test
    void aKeyStaysBlockedWhileAReleasedMessageOfItIsBeingSent() {
        load(NOTHING, Map.of(key("orders", "a"), 5L));
        assertThat(blockedKeys.isBlocked(row(6, "orders", "a"))).isTrue();
        assertThat(blockedKeys.isKeyReleased(row(6, "orders", "a"))).isTrue();
    }

    @Test
    void aKeyOfWhichMoreIsHeldIsNotReleasedByWhatIsBeingSent() {
        load(new Contents(Map.of(key("orders", "a"), 9L), Set.of(), false), Map.of(key("orders", "a"), 5L));
        assertThat(blockedKeys.isBlocked(row(6, "orders", "a")))
                .as("behind the one under way")
                .isTrue();
        assertThat(blockedKeys.isKeyReleased(row(6, "orders", "a"))).isFalse();
    }

    @Test
    void aRefusedRowOfAReleasedKeyHasAllLoadedAgain() {
        load(new Contents(Map.of(key("orders", "a"), 5L), Set.of(key("orders", "a")), false));
        assertThat(blockedKeys.isKeyReleased(row(6, "orders", "a"))).isTrue();
        blockedKeys.block(row(4, "orders", "a"));
        load(new Contents(Map.of(key("orders", "a"), 4L), Set.of(), false));
        assertThat(blockedKeys.isKeyReleased(row(6, "orders", "a"))).isFalse();
        assertThat(blockedKeys.isBlocked(row(5, "orders", "a"))).isTrue();
    }

    @Test
    void aRefusedRowOfAnotherKeyHasNothingLoadedAgain() {
        load(new Contents(Map.of(key("orders", "a"), 5L), Set.of(key("orders", "a")), false));
        blockedKeys.block(row(4, "orders", "b"));
        assertThat(blockedKeys.follow(Set.of(0), Map.of())).isFalse();
    }

    private void load(Contents contents) {
        load(contents, Map.of());
    }

    private void load(Contents contents, Map<TopicKey, Long> underWay) {
        when(table.readContents(any())).thenReturn(contents);
        assertThat(blockedKeys.follow(Set.of(0), underWay)).isTrue();
    }
}
