package io.reliablemessaging.delivery;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.deadletter.DeadLetterRecord;
import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.deadletter.Spent;
import io.reliablemessaging.delivery.FailurePipeline.Failed;
import io.reliablemessaging.delivery.Outcome.Behind;
import io.reliablemessaging.delivery.Outcome.Dead;
import io.reliablemessaging.delivery.Outcome.Duplicate;
import io.reliablemessaging.delivery.Outcome.Handled;
import io.reliablemessaging.delivery.Outcome.KeptInPlace;
import io.reliablemessaging.delivery.Outcome.Parked;
import io.reliablemessaging.delivery.Outcome.Waits;
import io.reliablemessaging.handler.HandlerFailedException;
import io.reliablemessaging.handler.HandlerTransaction;
import io.reliablemessaging.handler.Invocation;
import io.reliablemessaging.inbox.Arrival;
import io.reliablemessaging.inbox.Taken;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.springframework.dao.DataAccessException;

/**
 * Delivers a record of a topic, in one group:
 *
 * <ol>
 *   <li>a transaction begins and takes charge of the message in the inbox; if that is taken, nothing more is done;
 *   <li>if the inbox may have forgotten that it was taken, nothing more is done either;
 *   <li>if its key is parked, the message is parked behind the others of its key;
 *   <li>otherwise the handler runs, in this transaction;
 *   <li>it commits: inbox row, handler's work and handler's own messages together. Dies before: nothing has happened, the
 *       record comes again;
 *   <li>the offset may be committed. Dies before: the record comes again and 1. drops it.
 * </ol>
 *
 * <p>If that fails, its transaction is rolled back, and {@link FailurePipeline} decides. What it decides is stored by another
 * transaction, which takes charge in the inbox and parks the message with its key, or makes it a dead letter and publishes
 * the record for the dead-letter topic.
 */
public final class LiveDelivery {

    private static final Duration NOT_JUDGED_WAIT = Duration.ofSeconds(1);

    private final ListenerSettings settings;
    private final Invocation invocation;
    private final HandlerTransaction handling;
    private final HandlerTransaction recording;
    private final ListenerStores stores;
    private final ParkedKeys parkedKeys;
    private final CrashDetection crashes;
    private final FailurePipeline failures;
    private final Reports reports;

    LiveDelivery(DeliveryParts parts) {
        this.settings = parts.settings();
        this.invocation = parts.invocation();
        this.handling = parts.handling();
        this.recording = parts.recording();
        this.stores = parts.stores();
        this.parkedKeys = parts.parkedKeys();
        this.crashes = parts.crashes();
        this.failures = parts.failures();
        this.reports = parts.reports();
    }

    /**
     * Delivers a message.
     *
     * @throws Error only if the process cannot go on with it; nothing was done with the message then
     */
    public Answer deliver(LiveMessage arrival) {
        Outcome outcome = arrival.suspect() ? suspect(arrival) : handled(arrival);
        if (outcome instanceof Handled) {
            failures.succeeded();
        }
        outcome.report(reports, arrival.message());
        return outcome.answer();
    }

    /** Which of these messages the group has taken charge of, as others see it; those in a transaction that is open are not. */
    public Set<MessageId> taken(String topic, List<MessageId> ids) {
        return stores.inbox().taken(settings.group(), topic, ids);
    }

    /**
     * Drops those messages that the group has taken charge of before: all in one question, where a transaction for each would
     * find the same. The inbox says so, not their offsets: of what is not dropped, nothing is known.
     *
     * @param arrivals of one topic
     * @return offsets of those that are dropped; as duplicates, they are reported
     */
    public Set<Long> dropDuplicates(List<LiveMessage> arrivals) {
        String topic = arrivals.get(0).message().message().topic();
        List<Taken> taken = stores.inbox()
                .look(
                        settings.group(),
                        topic,
                        arrivals.stream().map(each -> arrival(each.message())).toList());
        Set<Long> dropped = new HashSet<>();
        for (int i = 0; i < taken.size(); i++) {
            LiveMessage arrival = arrivals.get(i);
            if (taken.get(i) != Taken.NEW || arrival.forgotten()) {
                parkedKeys.add(arrival.message());
                reports.duplicate(arrival.message(), taken.get(i) == Taken.DIFFERENT);
                dropped.add(arrival.message().offset());
            }
        }
        return dropped;
    }

    /** Parks a message whose handler must not be called here and now. */
    public Answer park(LiveMessage arrival, Throwable cause) {
        Outcome outcome = failures.park(notCalled(arrival, cause), new Recording(arrival));
        outcome.report(reports, arrival.message());
        return outcome.answer();
    }

    private Outcome suspect(LiveMessage arrival) {
        Optional<Throwable> guilty;
        try {
            guilty = crashes.judge(arrival.message());
        } catch (DataAccessException e) {
            return failures.judge(notCalled(arrival, e), new Recording(arrival))
                    .orElseGet(() -> new Waits(e, NOT_JUDGED_WAIT));
        }
        return guilty.isPresent()
                ? failures.park(notCalled(arrival, guilty.get()), new Recording(arrival))
                : handled(arrival);
    }

    private static Failed notCalled(LiveMessage arrival, Throwable cause) {
        return new Failed(arrival.message(), 1, false, 1, 0, arrival.held(), arrival.heldFor(), cause);
    }

    private Outcome handled(LiveMessage arrival) {
        Optional<Outcome> ended = Optional.empty();
        for (int run = 1; ended.isEmpty(); run++) {
            ended = run(arrival, run);
        }
        return ended.get();
    }

    private Optional<Outcome> run(LiveMessage arrival, int run) {
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
                    arrival.held(),
                    arrival.heldFor(),
                    HandlerFailedException.unwrapped(thrown));
            return failures.judge(failed, new Recording(arrival));
        }
    }

    /** How far a run of the transaction got, which must be known after it was rolled back. */
    private static final class Progress {
        private int attempt;
        private int rounds;
        private boolean called;
    }

    private Outcome handle(LiveMessage arrival, Progress progress) {
        ReceivedMessage message = arrival.message();
        Taken taken = take(message);
        if (taken != Taken.NEW) {
            parkedKeys.add(message);
            return new Duplicate(taken == Taken.DIFFERENT);
        }
        if (arrival.forgotten()) {
            return new Duplicate(false);
        }
        // also with another ordering than the one that parked it
        if (settings.ordering() != Ordering.NONE && isParked(message)) {
            stores.parked().append(message);
            return new Behind();
        }
        // a failure need not have spent anything: a handler may ask for another call
        Optional<Spent> failedInPlace =
                settings.ordering() == Ordering.PARTITION ? stores.parked().spent(message) : Optional.empty();
        progress.attempt = 1 + failedInPlace.map(Spent::attempts).orElse(0);
        progress.rounds = failedInPlace.map(Spent::rounds).orElse(0);
        progress.called = true;
        invocation.call(message, progress.attempt);
        handling.requireOpen();
        if (failedInPlace.isPresent()) {
            stores.parked().remove(message);
        }
        return new Handled(progress.attempt);
    }

    // asked after the inbox row was ours: whoever parked an earlier message of the key has committed by now
    private boolean isParked(ReceivedMessage message) {
        if (!parkedKeys.mayHold(message)) {
            return false;
        }
        if (stores.parked().isParked(message)) {
            return true;
        }
        parkedKeys.remove(message);
        return false;
    }

    private Taken take(ReceivedMessage message) {
        return stores.inbox()
                .take(settings.group(), message.message().topic(), arrival(message), settings.transactionLimit());
    }

    static Arrival arrival(ReceivedMessage received) {
        WireMessage message = received.message();
        return Arrival.of(message.id(), message.key(), message.value());
    }

    /** Stores what follows a failure. Begins by taking charge: a consumer that had lost its partition may have been faster. */
    private final class Recording implements FailurePipeline.Recording {

        private final LiveMessage arrival;

        private Recording(LiveMessage arrival) {
            this.arrival = arrival;
        }

        @Override
        public Outcome park(Failed failed, Spent spent, FailureText text, Duration delay) {
            return inCharge(() -> {
                ReceivedMessage message = failed.message();
                if (settings.ordering() == Ordering.PARTITION) {
                    stores.parked().keepInPlace(message, spent, text);
                    stores.inbox()
                            .handBack(
                                    settings.group(),
                                    message.message().topic(),
                                    message.message().id());
                    return new KeptInPlace(failed, delay);
                }
                stores.parked().park(message, spent, text, delay);
                return new Parked(failed, delay);
            });
        }

        @Override
        public Outcome dead(Failed failed, String reason, FailureText text) {
            return inCharge(() -> {
                ReceivedMessage message = failed.message();
                int attempts = failed.reported();
                stores.parked().makeDead(message, attempts, text, settings.hold());
                stores.outbox().append(DeadLetterRecord.of(message, attempts, failed.cause()));
                return new Dead(failed, attempts, reason);
            });
        }

        private Outcome inCharge(Supplier<Outcome> storing) {
            Outcome outcome = recording.execute(() -> {
                Taken taken = take(arrival.message());
                if (taken != Taken.NEW) {
                    return new Duplicate(taken == Taken.DIFFERENT);
                }
                return arrival.forgotten() ? new Duplicate(false) : storing.get();
            });
            parkedKeys.add(arrival.message());
            return outcome;
        }
    }
}
