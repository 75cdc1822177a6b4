package io.reliablemessaging.consumer;

import static io.reliablemessaging.lines.Records.PARTITION;
import static io.reliablemessaging.lines.Records.record;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.inbox.InboxHorizon;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** A record that the inbox may have forgotten is not handled again, and none is taken for such a one by mistake. */
class ShareGroupHorizonsTests {

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final Instant goodUntil = now.plusSeconds(60);
    private final ShareGroupHorizons horizons = new ShareGroupHorizons(() -> now);

    @Test
    void ofAPartitionThatTheGroupHadNotBegunWithNothingIsForgotten() {
        assertThat(horizons.isForgotten(record(0, "a"))).contains(false);
        horizons.update(Map.of(new TopicPartition("payments", 0), new InboxHorizon(10, goodUntil)));
        assertThat(horizons.isForgotten(record(0, "a"))).contains(false);
    }

    @Test
    void recordsBelowTheHorizonAreForgotten() {
        horizons.update(Map.of(PARTITION, new InboxHorizon(10, goodUntil)));
        assertThat(horizons.isForgotten(record(9, "a"))).contains(true);
        assertThat(horizons.isForgotten(record(10, "a"))).contains(false);
    }

    @Test
    void aHorizonThatIsTooOldSaysNothingOfAnyRecord() {
        horizons.update(Map.of(PARTITION, new InboxHorizon(10, goodUntil)));
        now = goodUntil;
        assertThat(horizons.isForgotten(record(10, "a"))).contains(false);
        now = goodUntil.plusMillis(1);
        assertThat(horizons.isForgotten(record(10, "a"))).isEmpty();
        assertThat(horizons.isForgotten(record(9, "a"))).isEmpty();
        horizons.update(Map.of(PARTITION, new InboxHorizon(11, now)));
        assertThat(horizons.isForgotten(record(10, "a"))).contains(true);
    }

    @Test
    void whatIsChangedAfterwardsIsNotSeen() {
        Map<TopicPartition, InboxHorizon> given = new HashMap<>(Map.of(PARTITION, new InboxHorizon(10, goodUntil)));
        horizons.update(given);
        given.clear();
        assertThat(horizons.isForgotten(record(9, "a"))).contains(true);
    }
}
