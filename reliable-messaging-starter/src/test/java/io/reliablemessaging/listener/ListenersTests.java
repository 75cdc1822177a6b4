package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** For how long a handler may run before people are told, and what is known without listeners. */
class ListenersTests {

    @Test
    void aHandlerIsTroubleAfterHalfOfItsTransactionsTime() {
        assertThat(Listeners.handlerLimit(Duration.ofMinutes(4))).isEqualTo(Duration.ofMinutes(2));
    }

    @Test
    void butNotBeforeHalfAMinute() {
        assertThat(Listeners.handlerLimit(Duration.ofSeconds(40))).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void andAfterItsTransactionInAnyCase() {
        assertThat(Listeners.handlerLimit(Duration.ofSeconds(4))).isEqualTo(Duration.ofSeconds(4));
    }

    @Test
    void withoutListenersThereIsNothingToShare() {
        assertThat(new Listeners().capacity()).isEmpty();
    }
}
