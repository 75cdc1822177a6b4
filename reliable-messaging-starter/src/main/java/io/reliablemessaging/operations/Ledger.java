package io.reliablemessaging.operations;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessageTrace;
import io.reliablemessaging.MessageTrace.Handling;
import io.reliablemessaging.MessageTrace.Handling.State;
import io.reliablemessaging.MessageTrace.Sending;
import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.inbox.InboxLedger.Taken;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Asks all tables for one message. Always with the way of a message: one that moves meanwhile is found twice, never missed. */
final class Ledger {

    private final Stages stages;

    Ledger(Stages stages) {
        this.stages = stages;
    }

    MessageTrace trace(MessageId id) {
        List<Sending> sending = new ArrayList<>(stages.outbox().find(id));
        sending.addAll(stages.quarantine().find(id));
        List<DeadLetter> setAside = stages.setAside().find(id);
        List<Handling> handling = stages.inbox().find(id).stream()
                .map(taken -> handling(taken, setAside))
                .toList();
        return new MessageTrace(id, Words.of(sending, handling), List.copyOf(sending), handling);
    }

    private Handling handling(Taken taken, List<DeadLetter> setAside) {
        return setAside.stream()
                .filter(letter ->
                        letter.group().equals(taken.group()) && letter.topic().equals(taken.topic()))
                .findFirst()
                .map(letter -> notDone(taken, letter))
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
                        null));
    }

    private Handling notDone(Taken taken, DeadLetter letter) {
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
                letter.errorClass() == null ? null : "%s: %s".formatted(letter.errorClass(), letter.errorMessage()));
    }

    private @Nullable Integer maxAttempts(Taken taken) {
        return stages.listeners().all().stream()
                .filter(listener -> listener.group().equals(taken.group())
                        && listener.topics().contains(taken.topic()))
                .map(Listener::maxAttempts)
                .findFirst()
                .orElse(null);
    }
}
