package io.reliablemessaging.lanes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** A thread outlives whatever its work throws. */
class EnduringThreadTests {

    private final EnduringThread endurance = endurance(LoggerFactory.getLogger(EnduringThreadTests.class));

    @Test
    void anExceptionEndsThePieceAndIsNoTrouble() {
        assertThat(endurance.tryRun(() -> {
                    throw new IOException("gone");
                }))
                .isFalse();
        assertThat(endurance.trouble()).isNull();
    }

    @Test
    void anErrorIsTroubleUntilAPieceGoesWell() {
        assertThat(fails(endurance, new NoClassDefFoundError("Missing"))).isTrue();
        assertThat(endurance.trouble()).startsWith("Rows cannot be read: ").contains("NoClassDefFoundError");
        assertThat(endurance.tryRun(() -> {})).isTrue();
        assertThat(endurance.trouble()).isNull();
    }

    @Test
    void anExceptionAfterAnErrorIsNoTroubleAnyMore() {
        assertThat(fails(endurance, new NoClassDefFoundError("Missing"))).isTrue();
        assertThat(endurance.tryRun(() -> {
                    throw new IOException("gone");
                }))
                .isFalse();
        assertThat(endurance.trouble()).isNull();
    }

    @Test
    void aPieceThatLastsEndsTheTroubleAsSoonAsItWorks() {
        assertThat(fails(endurance, new NoClassDefFoundError("Missing"))).isTrue();
        endurance.tryRun(() -> {
            assertThat(endurance.trouble()).isNotNull();
            endurance.noteWorking();
            assertThat(endurance.trouble()).isNull();
        });
    }

    /** A lack of memory may strike a second time while the line is written. */
    @Test
    void whatCannotBeToldIsStillKnown() {
        Logger log = mock(Logger.class);
        when(log.atLevel(any())).thenThrow(new OutOfMemoryError("for the line"));
        EnduringThread silent = endurance(log);
        assertThat(fails(silent, new OutOfMemoryError("for the work"))).isTrue();
        assertThat(silent.trouble()).contains("for the work");
    }

    private static boolean fails(EnduringThread endurance, Error error) {
        return !endurance.tryRun(() -> {
            throw error;
        });
    }

    private static EnduringThread endurance(Logger log) {
        return new EnduringThread(
                "Rows cannot be read",
                new FailureLog(log, Level.WARN, Infrastructure.unwatched(), "Rows cannot be read", "They are again"));
    }
}
