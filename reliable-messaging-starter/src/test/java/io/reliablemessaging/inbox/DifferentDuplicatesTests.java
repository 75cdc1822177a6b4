package io.reliablemessaging.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Finding;
import io.reliablemessaging.MessageId;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Each place where an id was used twice is one finding, with the last id. */
class DifferentDuplicatesTests {

    private final DifferentDuplicates duplicates = new DifferentDuplicates();

    @Test
    void withoutAnyThereIsNoFinding() {
        assertThat(findings()).isEmpty();
    }

    @Test
    void aPlaceIsNamedOnceWithItsLastId() {
        duplicates.note("shipping", "orders", id(1));
        duplicates.note("shipping", "orders", id(2));
        assertThat(findings()).singleElement().satisfies(finding -> {
            assertThat(finding.where()).isEqualTo("topic orders in group shipping");
            assertThat(finding.actual()).endsWith(id(2).toString());
        });
    }

    @Test
    void placesAreSortedByTheirNames() {
        duplicates.note("shipping", "payments", id(1));
        duplicates.note("billing", "payments", id(2));
        duplicates.note("shipping", "orders", id(3));
        assertThat(findings())
                .extracting(Finding::where)
                .containsExactly(
                        "topic orders in group shipping",
                        "topic payments in group billing",
                        "topic payments in group shipping");
    }

    private List<Finding> findings() {
        return duplicates.run();
    }

    private static MessageId id(long number) {
        return new MessageId(new UUID(0, number));
    }
}
