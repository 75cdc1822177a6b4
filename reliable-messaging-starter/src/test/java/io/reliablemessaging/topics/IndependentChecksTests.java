package io.reliablemessaging.topics;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.FindingCode;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.Test;

/** Parts of a check do not hide each other, and remember what they found. */
class IndependentChecksTests {

    private static final Finding FOUND =
            FindingCode.TOPIC_MISSING.finding("topic orders", "missing", "there", "Create it.");
    private final IndependentChecks parts = new IndependentChecks();

    @Test
    void aPartThatCannotLookDoesNotHideAnother() {
        assertThat(parts.run("groups", IndependentChecksTests::away))
                .singleElement()
                .satisfies(finding -> assertThat(finding.toString())
                        .contains("RM-B001 state of the groups of the cluster: unknown (no coordinator)"));
        assertThat(parts.run("topics", () -> List.of(FOUND))).containsExactly(FOUND);
    }

    @Test
    void aPartThatCannotLookKeepsWhatItFoundBefore() {
        assertThat(parts.run("topics", () -> List.of(FOUND))).containsExactly(FOUND);
        assertThat(parts.run("topics", IndependentChecksTests::away)).hasSize(2).contains(FOUND);
        assertThat(parts.run("topics", List::of)).isEmpty();
    }

    @Test
    void whileTheClusterIsAwayAllFindingsStay() {
        assertThat(parts.run("topics", () -> List.of(FOUND))).containsExactly(FOUND);
        assertThat(parts.unknown(new KafkaException("away")))
                .hasSize(2)
                .contains(FOUND)
                .anySatisfy(finding -> assertThat(finding.where()).isEqualTo("state of the cluster"));
    }

    private static List<Finding> away() {
        throw new KafkaException("no coordinator");
    }
}
