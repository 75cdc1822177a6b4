package io.reliablemessaging.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.inbox.PartitionHistory;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.springframework.dao.QueryTimeoutException;

/** From which death on records are suspects, and when one is guilty. */
class CrashDetectorTests {

    private static final TopicPartition PARTITION = new TopicPartition("orders", 3);

    private final PartitionHistory watch = mock(PartitionHistory.class);
    private final ListenerSettings settings = mock(ListenerSettings.class);
    private final CrashDetector crashes = new CrashDetector(watch, settings);

    @Test
    void afterAFirstDeathNobodyIsASuspect() {
        assertThat(crashes.findCarefulBefore(PARTITION, 100, 0)).isEqualTo(100);
        assertThat(crashes.findCarefulBefore(PARTITION, 100, 1)).isEqualTo(100);
    }

    @Test
    void afterASecondDeathTheNextRecordsAre() {
        assertThat(crashes.findCarefulBefore(PARTITION, 100, 2)).isEqualTo(200);
        assertThat(crashes.findCarefulBefore(PARTITION, 100, 9)).isEqualTo(200);
    }

    @Test
    void aSuspectIsGuiltyOnceItWasBegunTwiceInVain() {
        when(settings.group()).thenReturn("shipping");
        for (int tries = 1; tries <= 2; tries++) {
            when(watch.suspect("shipping", "orders", 3, 4711)).thenReturn(tries);
            assertThat(crashes.judge(message())).isEmpty();
        }
        when(watch.suspect("shipping", "orders", 3, 4711)).thenReturn(3);
        assertThat(crashes.judge(message()))
                .get()
                .satisfies(cause -> assertThat(cause)
                        .isInstanceOf(ConsumerDiedException.class)
                        .hasMessage("2 consumers in a row crashed while handling it"));
    }

    /** Then the next owner counts a death too many, and is careful for a while. */
    @Test
    void aHandOverThatCannotBeNotedIsNoFailure() {
        doThrow(new QueryTimeoutException("silent")).when(watch).end(any(), any(), any());
        assertThatCode(() -> crashes.noteHandedOver(new UUID(0, 1), Map.of())).doesNotThrowAnyException();
    }

    private static ReceivedMessage message() {
        return new ReceivedMessage(
                "shipping",
                new WireMessage(new MessageId(new UUID(0, 1)), "orders", null, null, new byte[1], new RecordHeaders()),
                3,
                4711,
                Instant.EPOCH);
    }
}
