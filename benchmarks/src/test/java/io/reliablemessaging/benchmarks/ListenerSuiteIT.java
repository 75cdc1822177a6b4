package io.reliablemessaging.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Every measurement with tiny numbers, so that none of them rots; what they say means nothing. */
class ListenerSuiteIT {

    @Test
    void measuresEverything() {
        List<Ratio> ratios;
        try (Bench bench = new Bench()) {
            ratios = ListenerSuite.run(bench, Sizes.tiny());
        }
        assertThat(ratios)
                .filteredOn(Report::hasBar)
                .extracting(Ratio::name)
                .containsExactlyInAnyOrder(
                        "plain_1",
                        "plain_default",
                        "batch_tx",
                        "slow_ideal",
                        "none",
                        "none_slow_ideal",
                        "again_record",
                        "again_batch",
                        "parked",
                        "redrive_p50",
                        "redrive_p99",
                        "inbox_5m");
        assertThat(ratios)
                .filteredOn(ratio -> !Report.hasBar(ratio))
                .extracting(Ratio::name)
                .contains("fast-record-1", "10ms-batch-64")
                .hasSize(28);
        assertThat(ratios)
                .allSatisfy(ratio -> assertThat(ratio.value()).isFinite().isPositive());
    }
}
