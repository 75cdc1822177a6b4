package io.reliablemessaging.delivery;

import io.reliablemessaging.delivery.DeliveryAnswer.Finished;
import io.reliablemessaging.handler.HandlerFailedException;
import io.reliablemessaging.handler.Invocation;
import io.reliablemessaging.inbox.ChargeResult;
import io.reliablemessaging.inbox.Inbox;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.transaction.HandlerTransaction;
import io.reliablemessaging.wire.ReceivedMessage;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;

/**
 * Delivers several messages in one transaction, with one inbox statement. All or nothing: if one of them fails, the
 * transaction is rolled back and they are to be delivered one by one.
 */
public final class BatchDelivery {

    private static final Logger log = ReadableLogger.of(BatchDelivery.class);

    private final ListenerSettings settings;
    private final Invocation invocation;
    private final HandlerTransaction handling;
    private final Inbox inbox;
    private final ParkedKeys parkedKeys;
    private final FailurePipeline failures;
    private final DeliveryReports reports;

    BatchDelivery(DeliveryServices services) {
        this.settings = services.settings();
        this.invocation = services.invocation();
        this.handling = services.handling();
        this.inbox = services.stores().inbox();
        this.parkedKeys = services.parkedKeys();
        this.failures = services.failures();
        this.reports = services.reports();
    }

    /**
     * Delivers messages of one topic together.
     *
     * @param begins is called with each message before its handler is called
     * @return the answer for all of them; empty if nothing was done, so that they are to be delivered one by one
     * @throws Error only if the process may not survive it
     */
    public Optional<Finished> deliver(List<LiveMessage> arrivals, Consumer<ReceivedMessage> begins) {
        if (arrivals.stream().anyMatch(arrival -> arrival.suspect() || arrival.forgotten())) {
            return Optional.empty();
        }
        List<ReceivedMessage> messages =
                arrivals.stream().map(LiveMessage::message).toList();
        try {
            if (messages.stream().anyMatch(parkedKeys::checkMayBeParked)) {
                return Optional.empty();
            }
            List<ChargeResult> taken = handling.execute(() -> handleNew(messages, begins));
            report(messages, taken);
            failures.noteSuccess();
            return Optional.of(new Finished(true, taken.stream().anyMatch(each -> each != ChargeResult.NEW)));
        } catch (RuntimeException | Error e) {
            if (e instanceof Error error && FailureJudge.isFatal(error)) {
                throw error;
            }
            // the delivery of the one that failed logs why, within bounds
            log.debug(
                    "Listener {} could not handle {} messages in one transaction and delivers them one by one: {}",
                    settings.id(),
                    messages.size(),
                    HandlerFailedException.unwrapped(e).getClass().getName());
            return Optional.empty();
        }
    }

    private List<ChargeResult> handleNew(List<ReceivedMessage> messages, Consumer<ReceivedMessage> begins) {
        List<ChargeResult> taken = inbox.takeAll(
                settings.group(),
                messages.get(0).message().topic(),
                messages.stream().map(LiveDelivery::arrival).toList(),
                settings.transactionLimit());
        for (int i = 0; i < messages.size(); i++) {
            if (taken.get(i) == ChargeResult.NEW) {
                begins.accept(messages.get(i));
                invocation.call(messages.get(i), 1);
                handling.requireOpen();
            }
        }
        return taken;
    }

    private void report(List<ReceivedMessage> messages, List<ChargeResult> taken) {
        for (int i = 0; i < messages.size(); i++) {
            if (taken.get(i) == ChargeResult.NEW) {
                reports.handled(messages.get(i), 1);
            } else {
                parkedKeys.add(messages.get(i));
                reports.duplicate(messages.get(i), taken.get(i) == ChargeResult.DIFFERENT);
            }
        }
    }
}
