package io.reliablemessaging.dryrun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.reliablemessaging.support.Threads;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a rollback would not undo is refused during a dry run, on its thread only. */
class DryRunGuardTests {

    private final DryRunGuard guard = new DryRunGuard();

    @AfterEach
    void end() {
        DryRunGuard.end();
    }

    @Test
    void refusesNothingOutsideADryRun() {
        DryRunGuard.refuse("a thing");
        DryRunGuard.notePublished(3);
        guard.begin();
        DryRunGuard.end();
        DryRunGuard.refuse("a thing");
        assertThat(DryRunGuard.isActive()).isFalse();
        guard.requireNoRefusal();
        assertThat(guard.published()).isZero();
    }

    @Test
    void remembersTheFirstRefusalWhateverBecomesOfTheException() {
        guard.begin();
        assertRefused("first");
        assertRefused("second");
        assertThatExceptionOfType(DryRunRefusedException.class)
                .isThrownBy(guard::requireNoRefusal)
                .satisfies(refused -> assertThat(refused.reason()).isEqualTo("first"));
    }

    @Test
    void refusesAfterTheDecisionTooButRemembersNoMore() {
        guard.begin();
        DryRunGuard.notePublished(2);
        guard.decide();
        assertRefused("late");
        guard.requireNoRefusal();
        assertThat(guard.published()).isEqualTo(2);
    }

    @Test
    void guardsItsThreadOnly() {
        guard.begin();
        CompletableFuture<Void> other =
                CompletableFuture.runAsync(() -> DryRunGuard.refuse("of another thread"), Threads.NEW);
        assertThatCode(other::join).doesNotThrowAnyException();
    }

    private static void assertRefused(String reason) {
        assertThatExceptionOfType(DryRunRefusedException.class)
                .isThrownBy(() -> DryRunGuard.refuse(reason))
                .withMessage(reason);
    }
}
