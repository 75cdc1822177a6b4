package io.reliablemessaging.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When two connections lead to one server. */
class ServerIdentityTests {

    private static final ServerIdentity KNOWN = new ServerIdentity("100.5", "system 1, timeline 1");

    @ParameterizedTest
    @CsvSource({
        "100.5, 'system 1, timeline 1', true",
        "200.5, 'system 1, timeline 1', true",
        "200.5, 'system 1, timeline 2', false",
        "200.5, 'system 2, timeline 1', false",
        "100.5, , true",
        "200.5, , false"
    })
    void isTheSame(String startedAt, @Nullable String history, boolean same) {
        ServerIdentity other = new ServerIdentity(startedAt, history);
        assertThat(KNOWN.isSameAs(other)).isEqualTo(same);
        assertThat(other.isSameAs(KNOWN)).isEqualTo(same);
    }

    @Test
    void withoutHistoryTheTimeOfItsStartDecides() {
        ServerIdentity hidden = new ServerIdentity("100.5", null);
        assertThat(hidden.isSameAs(new ServerIdentity("100.5", null))).isTrue();
        assertThat(hidden.isSameAs(new ServerIdentity("200.5", null))).isFalse();
    }

    @Test
    void aRestartBeginsAnotherRun() {
        assertThat(KNOWN.isSameRunAs(new ServerIdentity("100.5", "system 1, timeline 1")))
                .isTrue();
        assertThat(KNOWN.isSameRunAs(new ServerIdentity("200.5", "system 1, timeline 1")))
                .isFalse();
        assertThat(KNOWN.isSameRunAs(new ServerIdentity("100.5", "system 1, timeline 2")))
                .isFalse();
    }
}
