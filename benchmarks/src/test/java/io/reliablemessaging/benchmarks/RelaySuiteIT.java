package io.reliablemessaging.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Every measurement with tiny numbers, so that none of them rots; what they say means nothing. */
class RelaySuiteIT {

    @Test
    void measuresEverything() {
        List<Ratio> ratios;
        try (Bench bench = new Bench()) {
            ratios = RelaySuite.run(bench, Sizes.tiny());
        }
        assertThat(ratios)
                .extracting(Ratio::name)
                .containsExactlyInAnyOrder(
                        "drain",
                        "latency_p50",
                        "latency_p99",
                        "tax",
                        "tax_backlog_left",
                        "jpa_no_publish",
                        "hot_key",
                        "open_writer",
                        "flat_horizon",
                        "flat_backlog",
                        "scale_2",
                        "scale_4");
        assertThat(ratios)
                .allSatisfy(ratio -> assertThat(ratio.value()).isFinite().isNotNegative());
    }
}
