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

    static final int MOST_ATTEMPTS = 5;

    private final History history;
    private final Map<UUID, Message> messages = new HashMap<>();
    private final List<Violation> violations = new ArrayList<>();

    private Checker(History history) {
        this.history = history;
        history.committed().forEach(message -> messages.put(message.token(), message));
    }

    static List<Violation> judge(History history) {
        Checker checker = new Checker(history);
        checker.whoeverWasToldNothingHasCommitted();
        checker.everythingIsOnKafka();
        checker.everyGroupHasDealtWithEverything();
        checker.firstAppearancesAreInOrder();
        checker.effectsAreInSequence();
        checker.attemptsAreBounded();
        checker.nothingIsLeftOver();
        return checker.violations;
    }

    private void whoeverWasToldNothingHasCommitted() {
        for (UUID token : history.believed()) {
            if (!messages.containsKey(token)) {
                broken(Promise.NOTHING_LOST, "its commit threw nothing, and it is not committed", token);
            }
        }
    }

    private void everythingIsOnKafka() {
        Set<UUID> appeared = new HashSet<>();
        history.appearances().forEach(record -> appeared.add(record.token()));
        for (Message message : history.committed()) {
            if (!appeared.contains(message.token()) && !history.quarantined().contains(message.token())) {
                broken(Promise.NOTHING_LOST, "committed, and neither on Kafka nor in quarantine", message.token());
            }
        }
    }

    private void everyGroupHasDealtWithEverything() {
        Set<String> effects = new HashSet<>();
        history.effects().forEach(effect -> effects.add(effect.group() + effect.token()));
        for (Message message : history.committed()) {
            for (String group : history.groups().getOrDefault(message.topic(), List.of())) {
                UUID token = message.token();
                dealtWith(message, group, effects.contains(group + token), contains(history.dead(), group, token));
            }
        }
    }

    private void dealtWith(Message message, String group, boolean effect, boolean dead) {
        UUID token = message.token();
        if (!effect && !dead) {
            broken(Promise.NOTHING_LOST, "no effect in group " + group + ", and not dead", token);
        }
        if (effect && dead) {
            broken(Promise.NO_EFFECT_TWICE, "an effect in group " + group + ", and dead all the same", token);
        }
        if (dead && message.failures() >= 0) {
            broken(Promise.NOTHING_LOST, "dead in group " + group + ", though it would have succeeded", token);
        }
        boolean died = dead || history.redriven().contains(token);
        if (died != contains(history.deadLetterTopic(), group, token)) {
            String where = died ? "dead, and not on the dead-letter topic" : "on the dead-letter topic, and not dead";
            broken(Promise.DEAD_LETTERS_AGREE, where + " of group " + group, token);
        }
    }

    private void firstAppearancesAreInOrder() {
        Map<String, Message> last = new HashMap<>();
        Map<String, Integer> partitions = new HashMap<>();
        Set<UUID> seen = new HashSet<>();
        for (Appearance record : history.appearances()) {
            UUID token = record.token();
            Message message = messages.get(token);
            if (message == null) {
                String why = history.rolledBack().contains(token) ? "rolled back" : "never committed";
                broken(Promise.NOTHING_ROLLED_BACK_IS_SEEN, "on Kafka, and " + why, token);
            } else if (message.due() != null) {
                if (record.timestamp().isBefore(message.due())) {
                    broken(
                            Promise.NOTHING_IS_EARLY,
                            "due at %s, sent at %s".formatted(message.due(), record.timestamp()),
                            token);
                }
            } else if (seen.add(token)) {
                Message before = last.put(message.place(), message);
                if (before != null && before.seq() > message.seq()) {
                    broken(
                            Promise.FIRST_APPEARANCES_ARE_IN_ORDER,
                            "number %d first appeared after number %d".formatted(message.seq(), before.seq()),
                            token,
                            before.token());
                }
                Integer other = partitions.put(message.place(), record.partition());
                if (other != null && other != record.partition()) {
                    broken(Promise.FIRST_APPEARANCES_ARE_IN_ORDER, "one key is in two partitions", token);
                }
            }
        }
    }

    private void effectsAreInSequence() {
        Map<String, Message> last = new HashMap<>();
        Set<String> seen = new HashSet<>();
        for (Effect effect : history.effects()) {
            UUID token = effect.token();
            Message message = messages.get(token);
            if (message == null) {
                broken(Promise.NOTHING_ROLLED_BACK_IS_SEEN, "an effect, and never committed", token);
            } else if (!seen.add(effect.group() + token)) {
                broken(Promise.NO_EFFECT_TWICE, "two effects in group " + effect.group(), token);
            } else if (message.due() == null && !history.redriven().contains(token)) {
                Message before = last.put(effect.group() + message.place(), message);
                if (before != null && before.seq() > message.seq()) {
                    broken(
                            Promise.EFFECTS_ARE_IN_SEQUENCE,
                            "group %s handled number %d after number %d"
                                    .formatted(effect.group(), message.seq(), before.seq()),
                            token,
                            before.token());
                }
            }
        }
    }

    private void attemptsAreBounded() {
        for (Entry entry : history.entries()) {
            if (entry.attempt() < 1 || entry.attempt() > MOST_ATTEMPTS) {
                broken(Promise.ATTEMPTS_ARE_BOUNDED, "attempt number " + entry.attempt(), entry.token());
            }
        }
    }

    private void nothingIsLeftOver() {
        history.leftOver().forEach((table, rows) -> {
            if (rows > 0) {
                broken(Promise.NOTHING_IS_LEFT_OVER, "%d rows in %s".formatted(rows, table));
            }
        });
    }

    private static boolean contains(Map<String, Set<UUID>> byGroup, String group, UUID token) {
        return byGroup.getOrDefault(group, Set.of()).contains(token);
    }

    private void broken(Promise promise, String what, UUID... tokens) {
        violations.add(new Violation(promise, what, List.of(tokens)));
    }
}
