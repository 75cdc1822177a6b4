package io.reliablemessaging.lanes;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.schema.Schema;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Who has to look at the outbox after a notice. */
class LaneNoticeTests {

    @Test
    void aNoticeConcernsTheOwnerOfOneOfItsLanes() {
        assertThat(LaneNotice.concerns("3,7", Set.of(7, 8))).isTrue();
        assertThat(LaneNotice.concerns("3,7", Set.of(4))).isFalse();
        assertThat(LaneNotice.concerns("3,7", Set.of())).isFalse();
        assertThat(LaneNotice.concerns("37", Set.of(3, 7))).isFalse();
    }

    @Test
    void whatCannotBeReadConcernsEverybody() {
        for (String payload : new String[] {LaneNotice.PROOF, LaneNotice.SHARES, "3,x", "3,", "99999999999"}) {
            assertThat(LaneNotice.concerns(payload, Set.of(4))).as(payload).isTrue();
        }
    }

    @Test
    void aNoticeOfDelayedMessagesSaysSo() {
        assertThat(LaneNotice.hasDelayed("3,7," + LaneNotice.DELAYED)).isTrue();
        assertThat(LaneNotice.hasDelayed("3,7")).isFalse();
        assertThat(LaneNotice.hasDelayed(LaneNotice.PROOF)).isFalse();
        assertThat(LaneNotice.concerns("3," + LaneNotice.DELAYED, Set.of(3))).isTrue();
    }

    @Test
    void noChannelIsLongerThanANameOfPostgres() {
        assertThat(LaneNotice.channel(new Schema("shop"))).isEqualTo("rm_shop");
        assertThat(LaneNotice.channel(new Schema("s".repeat(63)))).hasSize(63).startsWith("rm_s");
        UUID instance = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");
        assertThat(LaneNotice.channel(instance)).isEqualTo("rm_0123456789abcdef0123456789abcdef");
    }
}
