package io.reliablemessaging.operations;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterDetails.Action;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessageTrace;
import io.reliablemessaging.MessageTrace.Handling;
import io.reliablemessaging.MessageTrace.Handling.State;
import io.reliablemessaging.MessageTrace.Sending;
import io.reliablemessaging.MessageTrace.Sending.Stage;
import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.broker.RecordSearch;
import io.reliablemessaging.inbox.InboxLedger.Taken;
import io.reliablemessaging.wire.DeadLetterRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Searches all tables for one message, in the order of its way: a message that moves meanwhile is found twice, never missed. */
final class MessageLedger {

    private final StageReaders stageReaders;

    MessageLedger(StageReaders stageReaders) {
        this.stageReaders = stageReaders;
    }

    MessageTrace trace(MessageId id) {
        List<Sending> sending = new ArrayList<>(stageReaders.outbox().ledger().find(id));
        sending.addAll(stageReaders.outbox().quarantine().find(id));
        List<DeadLetter> failed = stageReaders.parked().deadLetters().find(id);
        List<Handling> handling = new ArrayList<>();
        List<Taken> taken = stageReaders.receiving().inbox().find(id);
        taken.forEach(each -> handling.add(handling(id, each, failed)));
        sending.addAll(deadLetters(id, taken));
        String answer = null;
        if (sending.isEmpty() && handling.isEmpty()) {
            RecordSearch.Result found = stageReaders.cluster().search().search(id);
            RecordSearch.Place record = found.record();
            if (record == null) {
                answer = TraceDescription.notFound(found);
            } else {
                sending.add(sent(record));
            }
        }
        handling.addAll(awaited(sending, List.copyOf(handling)));
        return new MessageTrace(
                id,
                answer == null ? TraceDescription.describe(sending, handling) : answer,
                List.copyOf(sending),
                List.copyOf(handling));
    }

    private static Sending sent(RecordSearch.Place record) {
        return new Sending(
                Stage.SENT, record.topic(), record.partition(), record.offset(), record.timestamp(), null, null);
    }

    /** Finds its records on the dead-letter topics of the groups that have taken charge of it. */
    private List<Sending> deadLetters(MessageId id, List<Taken> taken) {
        return taken.isEmpty()
                ? List.of()
                : stageReaders
                        .outbox()
                        .ledger()
                        .findDeadLetters(
                                id,
                                taken.stream()
                                        .map(each -> DeadLetterRecord.topic(each.topic(), each.group()))
                                        .toList());
    }

    /** Lists the groups of this instance that have not taken charge of it, although it is or was on their topics. */
    private List<Handling> awaited(List<Sending> sending, List<Handling> taken) {
        Set<String> topics = sending.stream()
                .filter(at -> at.stage() == Stage.SENT)
                .map(Sending::topic)
                .collect(Collectors.toCollection(TreeSet::new));
        taken.forEach(by -> topics.add(by.topic()));
        return topics.stream()
                .flatMap(topic -> stageReaders.receiving().listeners().all().stream()
                        .filter(listener -> listener.topics().contains(topic))
                        .map(Listener::group)
                        .distinct()
                        .filter(group -> taken.stream()
                                .noneMatch(by ->
                                        by.group().equals(group) && by.topic().equals(topic)))
                        .map(group -> new Handling(
                                group,
                                topic,
                                State.AWAITED,
                                null,
                                null,
                                null,
                                null,
                                null,
                                null,
                                null,
                                null,
                                List.of())))
                .toList();
    }

    private Handling handling(MessageId id, Taken taken, List<DeadLetter> failed) {
        List<Action> actions = stageReaders.parked().deadLetters().actions(taken.group(), taken.topic(), id);
        return failed.stream()
                .filter(letter ->
                        letter.group().equals(taken.group()) && letter.topic().equals(taken.topic()))
                .findFirst()
                .map(letter -> notDone(taken, letter, actions))
                .orElseGet(() -> new Handling(
                        taken.group(),
                        taken.topic(),
                        State.DONE,
                        taken.at(),
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        actions));
    }

    private Handling notDone(Taken taken, DeadLetter letter, List<Action> actions) {
        return new Handling(
                taken.group(),
                taken.topic(),
                letter.state() == DeadLetter.State.DEAD ? State.DEAD : State.PARKED,
                taken.at(),
                letter.attempts(),
                maxAttempts(taken),
                letter.nextAttemptAt(),
                letter.id(),
                letter.partition(),
                letter.offset(),
                letter.errorClass() == null ? null : "%s: %s".formatted(letter.errorClass(), letter.errorMessage()),
                actions);
    }

    private @Nullable Integer maxAttempts(Taken taken) {
        return stageReaders.receiving().listeners().all().stream()
                .filter(listener -> listener.group().equals(taken.group())
                        && listener.topics().contains(taken.topic()))
                .map(Listener::maxAttempts)
                .findFirst()
                .orElse(null);
    }
}
