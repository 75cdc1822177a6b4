package io.reliablemessaging.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Finding;
import io.reliablemessaging.database.HandlerConnections.Need;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many connections are enough. */
class PoolRuleTests {

    @ParameterizedTest
    @CsvSource({
        "4, 1, 1, true",
        "5, 1, 1, false",
        "5, 2, 1, true",
        "6, 2, 1, false",
        "8, 1, 5, true",
        "9, 1, 5, false",
        "9, 2, 3, true",
        "10, 2, 3, false"
    })
    void oneMessageOfEachListenerMustHaveItsConnections(int most, int listeners, int each, boolean found) {
        List<Need> needs = java.util.Collections.nCopies(listeners, new Need("orders", 16, each));
        assertThat(PoolRule.judge(most, 4, needs).isPresent()).isEqualTo(found);
    }

    @Test
    void anApplicationWithoutListenersNeedsNone() {
        assertThat(PoolRule.judge(1, 4, List.of())).isEmpty();
    }

    @Test
    void saysHowManyAreNeededAtLeastAndForAllThatIsConfigured() {
        assertThat(PoolRule.judge(5, 4, List.of(new Need("orders", 16, 2), new Need("returns", 3, 2))))
                .get()
                .extracting(Finding::code, Finding::actual, Finding::required)
                .containsExactly(
                        "RM-D013",
                        "5 connections",
                        "at least 8, for one message of each of 2 listeners at once; 42 for as many as they may handle at once");
    }
}
