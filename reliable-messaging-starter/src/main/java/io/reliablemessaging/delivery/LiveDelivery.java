package io.reliablemessaging.delivery;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.delivery.DeliveryOutcome.DeadLettered;
import io.reliablemessaging.delivery.DeliveryOutcome.Duplicate;
import io.reliablemessaging.delivery.DeliveryOutcome.Handled;
import io.reliablemessaging.delivery.DeliveryOutcome.Parked;
import io.reliablemessaging.delivery.DeliveryOutcome.ParkedBehind;
import io.reliablemessaging.delivery.DeliveryOutcome.RetryInPlace;
import io.reliablemessaging.delivery.DeliveryOutcome.Waits;
import io.reliablemessaging.delivery.FailurePipeline.Failed;
import io.reliablemessaging.handler.HandlerFailedException;
import io.reliablemessaging.handler.Invocation;
import io.reliablemessaging.inbox.ArrivedMessage;
import io.reliablemessaging.inbox.ChargeResult;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.retry.SpentAttempts;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.transaction.HandlerTransaction;
import io.reliablemessaging.wire.DeadLetterRecord;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.springframework.dao.DataAccessException;

/**
 * Delivers a record of a topic to one group:
 *
 * <ol>
 *   <li>a transaction begins and takes charge of the message in the inbox. A duplicate ends here;
 *   <li>a message whose inbox row may have been deleted ends here, too: it is a duplicate;
 *   <li>if its key is parked, the message is parked behind the earlier ones of its key;
 *   <li>otherwise the handler runs, in this transaction;
 *   <li>it commits inbox row, handler's work and handler's own messages together. Crash before: nothing has happened, the
 *       record is read again;
 *   <li>the offset may be committed. Crash before: the record is read again, and step 1 drops it.
 * </ol>
 *
 * <p>After a failure, the transaction is rolled back and {@link FailurePipeline} decides. A second transaction takes charge
 * in the inbox and parks the message with its key, or dead-letters it and publishes the record for the dead-letter topic.
 */
public final class LiveDelivery {

    private static final Duration NOT_JUDGED_WAIT = Duration.ofSeconds(1);

    private final ListenerSettings settings;
    private final Invocation invocation;
    private final HandlerTransaction handling;
    private final HandlerTransaction recording;
    private final ListenerStores stores;
    private final ParkedKeys parkedKeys;
    private final CrashDetector crashes;
    private final FailurePipeline failures;
    private final DeliveryReports reports;

    LiveDelivery(DeliveryServices services) {
        this.settings = services.settings();
        this.invocation = services.invocation();
        this.handling = services.handling();
        this.recording = services.recording();
        this.stores = services.stores();
        this.parkedKeys = services.parkedKeys();
        this.crashes = services.crashes();
        this.failures = services.failures();
        this.reports = services.reports();
    }

    /**
     * Delivers a message.
     *
     * @throws Error only if the process may not survive it; nothing was done with the message then
     */
    public DeliveryAnswer deliver(LiveMessage arrival) {
        DeliveryOutcome deliveryOutcome = arrival.suspect() ? deliverSuspect(arrival) : deliverUntilEnded(arrival);
        if (deliveryOutcome instanceof Handled) {
            failures.noteSuccess();
        }
        deliveryOutcome.report(reports, arrival.message());
        return deliveryOutcome.answer();
    }

    /** Reads which of these messages the group has taken charge of in a committed transaction. */
    public Set<MessageId> readTaken(String topic, List<MessageId> ids) {
        return stores.inbox().taken(settings.group(), topic, ids);
    }

    /**
     * Drops and reports the messages that the group has taken charge of before, with one statement instead of a transaction
     * for each. The inbox decides, not the offsets. A message that is not dropped may still be a duplicate.
     *
     * @param arrivals of one topic
     * @return offsets of the dropped messages
     */
    public Set<Long> dropDuplicates(List<LiveMessage> arrivals) {
        String topic = arrivals.get(0).message().message().topic();
        List<ChargeResult> taken = stores.inbox()
                .classify(
                        settings.group(),
                        topic,
                        arrivals.stream().map(each -> arrival(each.message())).toList());
        Set<Long> dropped = new HashSet<>();
        for (int i = 0; i < taken.size(); i++) {
            LiveMessage arrival = arrivals.get(i);
            if (taken.get(i) != ChargeResult.NEW || arrival.forgotten()) {
                parkedKeys.add(arrival.message());
                reports.duplicate(arrival.message(), taken.get(i) == ChargeResult.DIFFERENT);
                dropped.add(arrival.message().offset());
            }
        }
        return dropped;
    }

    /** Parks a message whose handler must not be called now. */
    public DeliveryAnswer park(LiveMessage arrival, Throwable cause) {
        DeliveryOutcome deliveryOutcome = failures.park(notCalled(arrival, cause), new Recording(arrival));
        deliveryOutcome.report(reports, arrival.message());
        return deliveryOutcome.answer();
    }

    private DeliveryOutcome deliverSuspect(LiveMessage arrival) {
        Optional<Throwable> guilty;
        try {
            guilty = crashes.judge(arrival.message());
        } catch (DataAccessException e) {
            return failures.judge(notCalled(arrival, e), new Recording(arrival))
                    .orElseGet(() -> new Waits(e, NOT_JUDGED_WAIT));
        }
        return guilty.isPresent()
                ? failures.park(notCalled(arrival, guilty.get()), new Recording(arrival))
                : deliverUntilEnded(arrival);
    }

    private static Failed notCalled(LiveMessage arrival, Throwable cause) {
        return new Failed(arrival.message(), 1, false, 1, 0, arrival.outageFailures(), arrival.outageDuration(), cause);
    }

    private DeliveryOutcome deliverUntilEnded(LiveMessage arrival) {
        Optional<DeliveryOutcome> ended = Optional.empty();
        for (int run = 1; ended.isEmpty(); run++) {
            ended = run(arrival, run);
        }
        return ended.get();
    }

    private Optional<DeliveryOutcome> run(LiveMessage arrival, int run) {
        Progress progress = new Progress();
        try {
            return Optional.of(handling.execute(() -> handle(arrival, progress)));
        } catch (RuntimeException | Error thrown) {
            if (thrown instanceof Error error && FailureJudge.isFatal(error)) {
                throw error;
            }
            Failed failed = new Failed(
                    arrival.message(),
                    Math.max(1, progress.attempt),
                    progress.called,
                    run,
                    progress.rounds,
                    arrival.outageFailures(),
                    arrival.outageDuration(),
                    HandlerFailedException.unwrapped(thrown));
            return failures.judge(failed, new Recording(arrival));
        }
    }

    /** The progress of a run of the transaction; needed after its rollback. */
    private static final class Progress {
        private int attempt;
        private int rounds;
        private boolean called;
    }

    private DeliveryOutcome handle(LiveMessage arrival, Progress progress) {
        ReceivedMessage message = arrival.message();
        ChargeResult taken = take(message);
        if (taken != ChargeResult.NEW) {
            parkedKeys.add(message);
            return new Duplicate(taken == ChargeResult.DIFFERENT);
        }
        if (arrival.forgotten()) {
            return new Duplicate(false);
        }
        // also if another ordering was set when it was parked
        if (settings.ordering() != Ordering.NONE && checkParked(message)) {
            stores.parked().append(message);
            return new ParkedBehind();
        }
        // present even if no attempt was spent: a handler may ask for another call
        Optional<SpentAttempts> failedInPlace =
                settings.ordering() == Ordering.PARTITION ? stores.parked().spent(message) : Optional.empty();
        progress.attempt = 1 + failedInPlace.map(SpentAttempts::attempts).orElse(0);
        progress.rounds = failedInPlace.map(SpentAttempts::rounds).orElse(0);
        progress.called = true;
        invocation.call(message, progress.attempt);
        handling.requireOpen();
        if (failedInPlace.isPresent()) {
            stores.parked().remove(message);
        }
        return new Handled(progress.attempt);
    }

    // asks the database after the inbox row is ours: a transaction that parked an earlier message of the key has
    // committed by now
    private boolean checkParked(ReceivedMessage message) {
        if (!parkedKeys.checkMayBeParked(message)) {
            return false;
        }
        if (stores.parked().lockIfParked(message)) {
            return true;
        }
        parkedKeys.remove(message);
        return false;
    }

    private ChargeResult take(ReceivedMessage message) {
        return stores.inbox()
                .take(settings.group(), message.message().topic(), arrival(message), settings.transactionLimit());
    }

    static ArrivedMessage arrival(ReceivedMessage received) {
        WireMessage message = received.message();
        return ArrivedMessage.of(message.id(), message.key(), message.value());
    }

    /** Stores what follows a failure. Takes charge first: another owner of the partition may have been faster. */
    private final class Recording implements FailurePipeline.Recording {

        private final LiveMessage arrival;

        private Recording(LiveMessage arrival) {
            this.arrival = arrival;
        }

        @Override
        public DeliveryOutcome park(Failed failed, SpentAttempts spent, FailureText text, Duration delay) {
            return storeInCharge(() -> {
                ReceivedMessage message = failed.message();
                if (settings.ordering() == Ordering.PARTITION) {
                    stores.parked().storeInPlace(message, spent, text);
                    stores.inbox()
                            .handBack(
                                    settings.group(),
                                    message.message().topic(),
                                    message.message().id());
                    return new RetryInPlace(failed, delay);
                }
                stores.parked().park(message, spent, text, delay);
                return new Parked(failed, delay);
            });
        }

        @Override
        public DeliveryOutcome deadLetter(Failed failed, String reason, FailureText text) {
            return storeInCharge(() -> {
                ReceivedMessage message = failed.message();
                int attempts = failed.reported();
                stores.parked().makeDead(message, attempts, text, settings.hold());
                stores.outbox().append(DeadLetterRecord.of(message, attempts, failed.cause()));
                return new DeadLettered(failed, attempts, reason);
            });
        }

        private DeliveryOutcome storeInCharge(Supplier<DeliveryOutcome> storing) {
            DeliveryOutcome deliveryOutcome = recording.execute(() -> {
                ChargeResult taken = take(arrival.message());
                if (taken != ChargeResult.NEW) {
                    return new Duplicate(taken == ChargeResult.DIFFERENT);
                }
                return arrival.forgotten() ? new Duplicate(false) : storing.get();
            });
            parkedKeys.add(arrival.message());
            return deliveryOutcome;
        }
    }
}
