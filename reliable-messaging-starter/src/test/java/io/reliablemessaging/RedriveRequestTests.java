package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.RedriveRequest.Mode;
import org.junit.jupiter.api.Test;

/** What may be asked of a redrive job. */
class RedriveRequestTests {

    private static final RedriveRequest ALL = RedriveRequest.of(DeadLetterQuery.all());

    @Test
    void takesDeadLettersThatWereNotRedrivenThreeTimes() {
        assertThat(ALL.query().state()).isEqualTo(State.DEAD);
        assertThat(ALL.mode()).isEqualTo(Mode.ALL);
        assertThat(ALL.mostRounds()).isEqualTo(3);
        assertThat(ALL.stopAbove()).isNull();
    }

    @Test
    void aCanaryStopsAboveATenthUnlessAskedOtherwise() {
        assertThat(ALL.canary().stopAbove()).isEqualTo(0.1);
        assertThat(ALL.stopAbove(0.5).canary().stopAbove()).isEqualTo(0.5);
    }

    @Test
    void refusesWhatWouldNeverEndOrTakeNothing() {
        assertThatIllegalArgumentException().isThrownBy(() -> ALL.perSecond(0)).withMessageContaining("at least 1");
        assertThatIllegalArgumentException().isThrownBy(() -> ALL.mostRounds(0)).withMessageContaining("at least 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ALL.stopAbove(1.1))
                .withMessageContaining("from 0 to 1");
        assertThatIllegalArgumentException().isThrownBy(() -> ALL.stopAbove(Double.NaN));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RedriveRequest.of(DeadLetterQuery.waiting()))
                .withMessageContaining("Select dead letters");
    }
}
