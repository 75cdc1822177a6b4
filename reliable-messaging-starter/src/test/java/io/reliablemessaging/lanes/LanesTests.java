package io.reliablemessaging.lanes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.wire.WireMessage;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;

/** All messages of a key share a lane. */
class LanesTests {

    private final Lanes lanes = new Lanes(16);

    @Test
    void messagesOfAKeyShareALaneWhateverTheirTopicAndId() {
        for (int i = 0; i < 100; i++) {
            String key = "key-" + i;
            assertThat(lanes.laneOf(message(1, "orders", key)))
                    .isEqualTo(lanes.laneOf(message(2, "payments", key)))
                    .isBetween(0, 15);
        }
    }

    @Test
    void keysAndMessagesWithoutKeySpreadOverAllLanes() {
        Set<Integer> byKey = new HashSet<>();
        Set<Integer> byId = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            byKey.add(lanes.laneOf(message(1, "orders", "key-" + i)));
            byId.add(lanes.laneOf(message(i, "orders", null)));
        }
        assertThat(byKey).hasSize(16);
        assertThat(byId).hasSize(16);
    }

    /** Rows of earlier releases lie where this number has put them. */
    @Test
    void theHashOfAKeyStaysWhatItIs() {
        assertThat(Lanes.hashOf("order-42".getBytes(UTF_8), new MessageId(new UUID(0, 1))))
                .isEqualTo(Utils.toPositive(Utils.murmur2("order-42".getBytes(UTF_8))))
                .isNotNegative();
    }

    @Test
    void theNumberThatIsStoredCountsUnlessThereIsNone() {
        lanes.update(32);
        assertThat(lanes.count()).isEqualTo(32);
        lanes.update(0);
        assertThat(lanes.count()).isEqualTo(32);
        lanes.update(1);
        assertThat(lanes.laneOf(message(7, "orders", null))).isZero();
    }

    private static WireMessage message(long id, String topic, String key) {
        return new WireMessage(
                new MessageId(UUID.nameUUIDFromBytes(("message-" + id).getBytes(UTF_8))),
                topic,
                null,
                key == null ? null : key.getBytes(UTF_8),
                new byte[1],
                new RecordHeaders());
    }
}
