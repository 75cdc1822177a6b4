package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OperationLogQueryTests {

    @Test
    void eachConditionIsAddedToTheOthers() {
        assertThat(OperationLogQuery.all()
                        .who("olive")
                        .action("replay")
                        .target("topic orders")
                        .before(7)
                        .limit(1000))
                .isEqualTo(new OperationLogQuery("olive", "replay", "topic orders", 7, 1000));
        assertThat(OperationLogQuery.all()).isEqualTo(new OperationLogQuery(null, null, null, Long.MAX_VALUE, 100));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1001})
    void aPageIsBounded(int limit) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OperationLogQuery.all().limit(limit))
                .withMessageStartingWith(
                        "A page of the operation log cannot have %d entries: the limit must be from 1 to 1000"
                                .formatted(limit));
    }
}
