package io.reliablemessaging.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every measurement with tiny numbers, so that none of them rots; what they say means nothing. */
class RelaySuiteIT {

    private static Bench bench;

    @BeforeAll
    static void start() {
        bench = new Bench();
    }

    @AfterAll
    static void stop() {
        bench.close();
    }

    @Test
    void measuresEverything() {
        List<Ratio> ratios = RelaySuite.run(bench, Sizes.tiny());
        assertThat(ratios)
                .extracting(Ratio::name)
                .containsExactlyInAnyOrder(
                        "drain",
                        "drain_pipelined",
                        "latency_p50",
                        "latency_p99",
                        "latency_loaded",
                        "tax",
                        "tax_backlog_left",
                        "jpa_no_publish",
                        "hot_key",
                        "open_writer",
                        "flat_horizon",
                        "flat_backlog",
                        "scale_2",
                        "scale_4",
                        "rolling_longest",
                        "bulkhead_p99",
                        "idle_tps");
        assertThat(ratios)
                .allSatisfy(ratio -> assertThat(ratio.value()).isFinite().isNotNegative());
    }

    @Test
    void measuresWhatThePlanCalculatesWith() {
        List<Figure> figures = Sizing.run(bench, Sizes.tiny(), 1);
        assertThat(figures)
                .extracting(Figure::what)
                .contains(
                        "outbox_message",
                        "inbox_message",
                        "publishing and sending",
                        "inbox and progress",
                        "1 instance, idle: transactions",
                        "1 instance, a backlog is sent: Kafka")
                .doesNotHaveDuplicates();
        assertThat(figures).allSatisfy(figure -> assertThat(figure.value()).isFinite());
    }
}
