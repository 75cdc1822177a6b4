package io.reliablemessaging.faults;

import io.reliablemessaging.faults.Violation.Promise;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Judges a history by what was promised. Knows nothing of how the promises are kept. */
final class Checker {

    private final History history;
    private final Map<UUID, Message> messages = new HashMap<>();
    private final List<Violation> violations = new ArrayList<>();

    private Checker(History history) {
        this.history = history;
        history.committed().forEach(message -> messages.put(message.token(), message));
    }

    static List<Violation> judge(History history) {
        return new Checker(history).judge();
    }

    private List<Violation> judge() {
        nothingLeftOver();
        nothingLost();
        firstAppearancesInOrder();
        effectsInSequence();
        return violations;
    }

    private void nothingLeftOver() {
        history.leftOver().forEach((table, rows) -> {
            if (rows > 0) {
                broken(Promise.NOTHING_LEFT_OVER, "%d rows are left in %s".formatted(rows, table));
            }
        });
    }

    private void nothingLost() {
        Set<UUID> appeared = new HashSet<>();
        history.appearances().forEach(record -> appeared.add(record.token()));
        for (Message message : history.committed()) {
            if (!appeared.contains(message.token()) && !history.quarantined().contains(message.token())) {
                broken(Promise.NOTHING_LOST, "%s was committed and is neither on Kafka nor in quarantine", message);
            }
        }
        everyGroupHasDealtWithEverything();
    }

    private void everyGroupHasDealtWithEverything() {
        Set<String> effects = new HashSet<>();
        history.effects().forEach(effect -> effects.add(effect.group() + effect.token()));
        for (Message message : history.committed()) {
            for (String group : history.groups().getOrDefault(message.topic(), List.of())) {
                boolean dead = history.dead().getOrDefault(group, Set.of()).contains(message.token());
                if (!effects.contains(group + message.token()) && !dead) {
                    broken(Promise.NOTHING_LOST, "%s had no effect in group " + group + " and is not dead", message);
                }
            }
        }
    }

    private void firstAppearancesInOrder() {
        Map<String, Appearance> last = new HashMap<>();
        Set<UUID> seen = new HashSet<>();
        for (Appearance record : history.appearances()) {
            Message message = messages.get(record.token());
            if (message == null) {
                String why = history.rolledBack().contains(record.token()) ? "rolled back" : "never committed";
                broken(Promise.NOTHING_ROLLED_BACK_IS_SEEN, "%s was %s".formatted(record, why));
            } else if (seen.add(record.token())) {
                Appearance before = last.put(message.place(), record);
                if (before != null && messages.get(before.token()).seq() > message.seq()) {
                    broken(
                            Promise.FIRST_APPEARANCES_IN_ORDER,
                            "%s first appeared as %s, after %s as %s"
                                    .formatted(message, record, messages.get(before.token()), before));
                }
            }
        }
    }

    private void effectsInSequence() {
        Map<String, Message> last = new HashMap<>();
        Map<String, Effect> seen = new HashMap<>();
        for (Effect effect : history.effects()) {
            Message message = messages.get(effect.token());
            Effect first = seen.putIfAbsent(effect.group() + effect.token(), effect);
            if (message == null) {
                broken(Promise.NOTHING_ROLLED_BACK_IS_SEEN, effect + " of a message that was never committed");
            } else if (first != null) {
                broken(Promise.NO_EFFECT_TWICE, "%s had %s and %s".formatted(message, first, effect));
            } else {
                Message before = last.put(effect.group() + message.place(), message);
                if (before != null && before.seq() > message.seq()) {
                    broken(Promise.EFFECTS_IN_SEQUENCE, "%s came after %s".formatted(effect, before));
                }
            }
        }
    }

    private void broken(Promise promise, String story, Message message) {
        broken(promise, story.formatted(message));
    }

    private void broken(Promise promise, String story) {
        violations.add(new Violation(promise, story));
    }
}
