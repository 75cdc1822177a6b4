package io.reliablemessaging.listener;

import io.reliablemessaging.DryRun;
import io.reliablemessaging.consumer.Consumers;
import io.reliablemessaging.delivery.DryRunDelivery;
import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.dryrun.ListenerHandler;
import io.reliablemessaging.handler.HandlerFailedException;
import io.reliablemessaging.handler.Invocation;
import io.reliablemessaging.permits.HandlerPool;
import io.reliablemessaging.text.DurationText;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.wire.ReceivedMessage;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * Calls the handler of a listener for a person: on a thread of handlers, which has no transaction of the caller's, and with a permit,
 * since it takes a connection as every handler does.
 */
final class RegisteredHandler implements ListenerHandler {

    private static final Duration PERMIT_WAIT = Duration.ofSeconds(10);
    // longer than the limit that the server enforces: its error says more than ours
    private static final Duration MARGIN = Duration.ofSeconds(15);
    private static final String STOPPING = "This instance is being stopped. Give the command on another one";

    private final ListenerSettings settings;
    private final Invocation invocation;
    private final DryRunDelivery delivery;
    private final Consumers consumers;
    private final BooleanSupplier closing;

    RegisteredHandler(
            ListenerSettings settings,
            Invocation invocation,
            DryRunDelivery delivery,
            Consumers consumers,
            BooleanSupplier closing) {
        this.settings = settings;
        this.invocation = invocation;
        this.delivery = delivery;
        this.consumers = consumers;
        this.closing = closing;
    }

    @Override
    public String listener() {
        return settings.id();
    }

    @Override
    public Set<String> identityHeaders() {
        return consumers.identityHeaders();
    }

    @Override
    public void check(ReceivedMessage message, int attempt) {
        try {
            invocation.check(message, attempt);
        } catch (HandlerFailedException e) {
            Throwable thrown = HandlerFailedException.unwrapped(e);
            throw thrown instanceof RuntimeException plain ? plain : new IllegalStateException(thrown);
        }
    }

    @Override
    public Optional<String> refusal() {
        if (!settings.dryRun()) {
            return Optional.of(
                    ("The configuration of listener %s does not say that its handler has no effects outside the database of its transaction, and"
                                    + " such effects would not be rolled back. If it has none, set reliable-messaging.listeners[%s].dry-run=true")
                            .formatted(settings.id(), settings.id()));
        }
        return closing.getAsBoolean() ? Optional.of(STOPPING) : Optional.empty();
    }

    @Override
    public DryRun dryRun(ReceivedMessage message, int attempt) {
        HandlerPool.Share share = consumers.openShareForOne(settings.id());
        try {
            Call call = new Call();
            share.execute(() -> call.run(message, attempt));
            return call.await();
        } catch (RejectedExecutionException e) {
            return new DryRun.Refused(STOPPING);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new DryRun.Refused(
                    "The thread that waited for the handler was interrupted. The transaction of the handler is rolled back all the same");
        } finally {
            share.close();
        }
    }

    /** A call of the handler on a thread of the pool, and the thread that waits for it. */
    private final class Call {

        private final AtomicBoolean claimed = new AtomicBoolean();
        private final CountDownLatch begun = new CountDownLatch(1);
        private final CompletableFuture<DryRun> outcome = new CompletableFuture<>();

        void run(ReceivedMessage message, int attempt) {
            if (!claimed.compareAndSet(false, true)) {
                return; // nobody waits for it any more
            }
            begun.countDown();
            try {
                outcome.complete(delivery.run(message, attempt));
            } catch (RuntimeException | Error e) {
                outcome.completeExceptionally(e);
            }
        }

        DryRun await() throws InterruptedException {
            if (!begun.await(PERMIT_WAIT.toMillis(), TimeUnit.MILLISECONDS) && claimed.compareAndSet(false, true)) {
                return new DryRun.Refused(
                        "All handlers that may run at once have been busy for %s, so the handler was not called. Try again later"
                                .formatted(DurationText.of(PERMIT_WAIT)));
            }
            Duration limit = settings.transactionLimit().plus(MARGIN);
            try {
                return outcome.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                FailureText text = FailureText.of(new TimeoutException(
                        "The handler has not returned within transaction-timeout (%s). PostgreSQL has undone its work, but its thread runs on and holds its permit"
                                .formatted(DurationText.of(settings.transactionLimit()))));
                return new DryRun.WouldFail(
                        DryRun.Stage.HANDLER, text.type(), text.message(), text.stackTrace(), limit);
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException plain) {
                    throw plain;
                }
                throw new IllegalStateException("The dry run could not begin", e.getCause());
            }
        }
    }
}
