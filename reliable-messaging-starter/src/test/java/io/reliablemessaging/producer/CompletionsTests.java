package io.reliablemessaging.producer;

import static io.reliablemessaging.outbox.OutboxRows.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.outbox.SentRecord;
import io.reliablemessaging.reachability.Infrastructure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.dao.QueryTimeoutException;

/** A row that was acknowledged is unsettled until its deletion is taken, whatever becomes of the deletion. */
class CompletionsTests {

    private final OutboxTable table = mock(OutboxTable.class);
    private final MessagingObserver observer = mock(MessagingObserver.class);
    private int announced;
    private final Completions completions =
            new Completions(table, observer, () -> announced++, Infrastructure.unwatched());
    private final OutboxRecord first = row(1, "orders", "a");
    private final OutboxRecord second = row(2, "orders", "a");

    @Test
    void atTheStopAllThatWasAcknowledgedIsDeletedInOneStatement() {
        acknowledge(first);
        acknowledge(second);
        assertThat(completions.unsettled()).containsExactly(first, second);
        runToItsEnd();
        verify(table, times(1)).delete(any());
        assertThat(completions.unsettled()).as("until they are taken").containsExactly(first, second);
        assertThat(rows(completions.takeSettled())).containsExactly(first, second);
        assertThat(completions.unsettled()).isEmpty();
        assertThat(completions.takeSettled()).isEmpty();
        verify(observer).batchSent(2);
    }

    @Test
    void withNothingToDeleteNothingIsAsked() {
        runToItsEnd();
        verify(table, never()).delete(any());
    }

    @Test
    void whatIsAcknowledgedDuringADeletionIsDeletedByTheNext() {
        acknowledge(first);
        List<List<OutboxRecord>> batches = new ArrayList<>();
        doAnswer(call -> {
                    batches.add(rows(call.getArgument(0)));
                    if (batches.size() == 1) {
                        acknowledge(second);
                        assertThat(completions.unsettled()).containsExactly(first, second);
                    }
                    return null;
                })
                .when(table)
                .delete(any());
        runToItsEnd();
        assertThat(batches).containsExactly(List.of(first), List.of(second));
        assertThat(rows(completions.takeSettled())).containsExactly(first, second);
    }

    @Test
    void whatCannotBeDeletedStaysUnsettledAndIsNotToldAsSent() {
        acknowledge(first);
        doThrow(new QueryTimeoutException("silent")).when(table).delete(any());
        runToItsEnd();
        assertThat(completions.takeSettled()).isEmpty();
        assertThat(completions.unsettled()).containsExactly(first);
        assertThat(completions.trouble()).as("no Error").isNull();
        verify(observer, never()).sent(any(), any());
    }

    @Test
    void anErrorIsTroubleWhileSomethingIsToBeDeleted() {
        acknowledge(first);
        doThrow(new NoClassDefFoundError("Missing")).when(table).delete(any());
        runToItsEnd();
        assertThat(completions.trouble()).contains("NoClassDefFoundError");
        completions.forgetAll();
        assertThat(completions.trouble()).isNull();
    }

    /** The deletion was one of the server before: its rows may be others by now. */
    @Test
    void whatWasForgottenDuringItsDeletionIsNotSettled() {
        acknowledge(first);
        doAnswer(call -> {
                    completions.forgetAll();
                    return null;
                })
                .when(table)
                .delete(any());
        runToItsEnd();
        assertThat(completions.takeSettled()).isEmpty();
        assertThat(completions.unsettled()).isEmpty();
        verify(observer, never()).sent(any(), any());
    }

    @Test
    void theNextDeletionIsAnnouncedOnceIfThatWasAsked() {
        acknowledge(first);
        completions.announceNext();
        assertThat(announced).isZero();
        runToItsEnd();
        assertThat(announced).isEqualTo(1);
        completions.announceNext();
        assertThat(announced).as("at once: there are some to take").isEqualTo(2);
    }

    @Test
    void aDeletionThatNobodyWaitsForIsNotAnnounced() {
        acknowledge(first);
        runToItsEnd();
        assertThat(announced).isZero();
    }

    private void runToItsEnd() {
        completions.stop();
        completions.run();
    }

    private void acknowledge(OutboxRecord row) {
        completions.acknowledged(
                row,
                new Confirmation(row.message().id(), row.message().topic(), 0, row.id(), Instant.ofEpochSecond(1)));
    }

    private static List<OutboxRecord> rows(List<SentRecord> sent) {
        return sent.stream().map(SentRecord::row).toList();
    }
}
