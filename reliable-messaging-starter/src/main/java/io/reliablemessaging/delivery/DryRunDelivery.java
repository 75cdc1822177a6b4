package io.reliablemessaging.delivery;

import io.reliablemessaging.DryRun;
import io.reliablemessaging.DryRun.Stage;
import io.reliablemessaging.dryrun.DryRunRefusedException;
import io.reliablemessaging.handler.HandlerFailedException;
import io.reliablemessaging.handler.Invocation;
import io.reliablemessaging.inbox.Inbox;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.transaction.HandlerTransaction;
import io.reliablemessaging.wire.ReceivedMessage;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Delivers a message in a transaction that is rolled back: with the limits, the conversion and the checks of a delivery, but without
 * an inbox row, a lock of its key, a mark, an attempt or a report. With {@code transaction: batch}, it is a batch of one.
 */
public final class DryRunDelivery {

    private final ListenerSettings settings;
    private final Invocation invocation;
    private final HandlerTransaction handling;
    private final Inbox inbox;

    /** Creates the dry runs of a listener. */
    public DryRunDelivery(ListenerSettings settings, Deliveries.Calls calls, Inbox inbox) {
        this.settings = settings;
        this.invocation = calls.invocation();
        this.handling = calls.handling();
        this.inbox = inbox;
    }

    /**
     * Delivers a message and rolls back.
     *
     * @throws RuntimeException if not even the transaction could begin
     */
    public DryRun run(ReceivedMessage message, int attempt) {
        for (int run = 1; ; run++) {
            Progress progress = new Progress();
            try {
                int published = handling.dryRun(() -> handle(message, attempt, progress));
                return new DryRun.WouldSucceed(progress.elapsed(), published);
            } catch (DryRunRefusedException e) {
                return new DryRun.Refused(e.reason());
            } catch (RuntimeException | Error e) {
                Throwable cause = HandlerFailedException.unwrapped(e);
                if (!settings.policy().mayRunAgain(run, cause)) {
                    return failed(progress, cause, e);
                }
            }
        }
    }

    private void handle(ReceivedMessage message, int attempt, Progress progress) {
        inbox.limit(settings.transactionLimit());
        invocation.dryRun(message, attempt, stage -> progress.stage = stage);
        progress.stage = Stage.COMMIT;
        handling.requireOpen();
    }

    private static DryRun failed(Progress progress, Throwable cause, Throwable thrown) {
        if (progress.stage == null && thrown instanceof RuntimeException beforeIt) {
            throw beforeIt;
        }
        FailureText text = FailureText.of(cause);
        Stage stage = progress.stage == null ? Stage.CONVERSION : progress.stage;
        return new DryRun.WouldFail(stage, text.type(), text.message(), text.stackTrace(), progress.elapsed());
    }

    /** The progress of a run of the transaction. */
    private static final class Progress {

        private final long begun = System.nanoTime();
        private @Nullable Stage stage;

        private Duration elapsed() {
            return Duration.ofNanos(System.nanoTime() - begun);
        }
    }
}
