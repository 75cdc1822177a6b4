package io.reliablemessaging.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.faults.Violation.Promise;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Each promise broken once, in a history of two messages. */
class CheckerTests {

    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final UUID FIRST = new UUID(0, 1);
    private static final UUID SECOND = new UUID(0, 2);
    private static final UUID UNKNOWN = new UUID(0, 3);

    private final List<Message> committed = new ArrayList<>(List.of(message(FIRST, 1), message(SECOND, 2)));
    private final List<Appearance> appearances = new ArrayList<>();
    private final List<Entry> entries = new ArrayList<>();
    private final List<Effect> effects = new ArrayList<>();
    private final Set<UUID> rolledBack = new HashSet<>();
    private final Set<UUID> believed = new HashSet<>();
    private final Set<UUID> dead = new HashSet<>();
    private final Set<UUID> redriven = new HashSet<>();
    private final Set<UUID> deadLetterTopic = new HashSet<>();
    private final Map<String, Long> leftOver = new HashMap<>();

    @Test
    void isContentWithDuplicatesInAnyPositionOnceEachHasAppearedInOrder() {
        appear(FIRST, SECOND, FIRST, SECOND);
        takeEffect(FIRST, SECOND);
        assertThat(promises()).isEmpty();
    }

    @Test
    void missesWhatIsNotOnKafka() {
        appear(FIRST);
        takeEffect(FIRST, SECOND);
        assertThat(promises()).containsExactly(Promise.NOTHING_LOST);
    }

    @Test
    void missesWhatHadNoEffectAndIsNotDead() {
        appear(FIRST, SECOND);
        takeEffect(FIRST);
        assertThat(promises()).containsExactly(Promise.NOTHING_LOST);
    }

    @Test
    void acceptsADeadLetterThatWasToFail() {
        committed.set(1, new Message(SECOND, "t", "k", 2, -1, "", "", null));
        appear(FIRST, SECOND);
        takeEffect(FIRST);
        dead.add(SECOND);
        deadLetterTopic.add(SECOND);
        assertThat(promises()).isEmpty();
    }

    @Test
    void doesNotAcceptADeadLetterThatWouldHaveSucceeded() {
        appear(FIRST, SECOND);
        takeEffect(FIRST);
        dead.add(SECOND);
        deadLetterTopic.add(SECOND);
        assertThat(promises()).containsExactly(Promise.NOTHING_LOST);
    }

    @Test
    void comparesDeadLettersWithTheirTopic() {
        appear(FIRST, SECOND);
        takeEffect(FIRST, SECOND);
        deadLetterTopic.add(SECOND);
        assertThat(promises()).containsExactly(Promise.DEAD_LETTERS_AGREE);
    }

    @Test
    void seesADeadLetterThatHadItsEffect() {
        committed.set(1, new Message(SECOND, "t", "k", 2, -1, "", "", null));
        appear(FIRST, SECOND);
        takeEffect(FIRST, SECOND);
        dead.add(SECOND);
        deadLetterTopic.add(SECOND);
        assertThat(promises()).containsExactly(Promise.NO_EFFECT_TWICE);
    }

    @Test
    void seesWhatOnlyItsApplicationBelievesIn() {
        appear(FIRST, SECOND);
        takeEffect(FIRST, SECOND);
        believed.add(FIRST);
        assertThat(promises()).isEmpty();
        believed.add(UNKNOWN);
        assertThat(promises()).containsExactly(Promise.NOTHING_LOST);
    }

    @Test
    void seesWhatWasRolledBack() {
        appear(FIRST, SECOND, UNKNOWN);
        rolledBack.add(UNKNOWN);
        takeEffect(FIRST, SECOND);
        assertThat(promises()).containsExactly(Promise.NOTHING_ROLLED_BACK_IS_SEEN);
    }

    @Test
    void seesAnEffectOfWhatWasRolledBack() {
        appear(FIRST, SECOND);
        takeEffect(FIRST, SECOND, UNKNOWN);
        assertThat(promises()).containsExactly(Promise.NOTHING_ROLLED_BACK_IS_SEEN);
    }

    @Test
    void seesFirstAppearancesOutOfOrder() {
        appear(SECOND, FIRST, SECOND);
        takeEffect(FIRST, SECOND);
        assertThat(promises()).containsExactly(Promise.FIRST_APPEARANCES_ARE_IN_ORDER);
    }

    @Test
    void seesAKeyInTwoPartitions() {
        appear(FIRST);
        appearances.add(new Appearance("t", 1, 0, "k", NOW, SECOND));
        takeEffect(FIRST, SECOND);
        assertThat(promises()).containsExactly(Promise.FIRST_APPEARANCES_ARE_IN_ORDER);
    }

    @Test
    void seesAnEffectTwice() {
        appear(FIRST, SECOND);
        takeEffect(FIRST, SECOND, SECOND);
        assertThat(promises()).containsExactly(Promise.NO_EFFECT_TWICE);
    }

    @Test
    void seesEffectsOutOfSequence() {
        appear(FIRST, SECOND);
        takeEffect(SECOND, FIRST);
        assertThat(promises()).containsExactly(Promise.EFFECTS_ARE_IN_SEQUENCE);
    }

    @Test
    void letsARedrivenDeadLetterTakeEffectLate() {
        committed.set(0, new Message(FIRST, "t", "k", 1, -1, "", "", null));
        appear(FIRST, SECOND);
        takeEffect(SECOND, FIRST);
        redriven.add(FIRST);
        deadLetterTopic.add(FIRST);
        assertThat(promises()).isEmpty();
    }

    @Test
    void letsADelayedMessageComeInAnyOrderButNotEarly() {
        committed.set(1, new Message(SECOND, "t", "k", 0, 0, "", "", NOW));
        appear(FIRST, SECOND);
        takeEffect(FIRST, SECOND);
        assertThat(promises()).isEmpty();
        committed.set(1, new Message(SECOND, "t", "k", 0, 0, "", "", NOW.plusMillis(1)));
        assertThat(promises()).containsExactly(Promise.NOTHING_IS_EARLY);
    }

    @Test
    void countsAttempts() {
        appear(FIRST, SECOND);
        takeEffect(FIRST, SECOND);
        entries.add(new Entry("g", FIRST, Checker.MOST_ATTEMPTS, "i"));
        entries.add(new Entry("g", FIRST, Checker.MOST_ATTEMPTS + 1, "i"));
        assertThat(promises()).containsExactly(Promise.ATTEMPTS_ARE_BOUNDED);
    }

    @Test
    void seesWhatIsLeftOver() {
        appear(FIRST, SECOND);
        takeEffect(FIRST, SECOND);
        leftOver.put("the outbox", 1L);
        leftOver.put("the quarantine", 0L);
        assertThat(promises()).containsExactly(Promise.NOTHING_IS_LEFT_OVER);
    }

    @Test
    void theReportTellsTheShortestStoryOfEachBrokenPromise() {
        appear(FIRST, FIRST);
        takeEffect(FIRST, FIRST);
        UUID third = new UUID(0, 4);
        committed.add(message(third, 3));
        entries.add(new Entry("g", third, 1, "i"));
        entries.add(new Entry("g", third, 1, "i"));
        History history = history();
        String report = new Report("A run", Map.of("broker killed", 2), history, Checker.judge(history)).toString();
        assertThat(report)
                .contains("| broker killed | 2 |", "Verdict: BROKEN {NOTHING_LOST=4, NO_EFFECT_TWICE=1}")
                .contains("\nNOTHING_LOST: committed, and neither on Kafka nor in quarantine\n- " + message(SECOND, 2))
                .contains("\nNO_EFFECT_TWICE: two effects in group g\n- " + message(FIRST, 1))
                .doesNotContain(third.toString());
    }

    private List<Promise> promises() {
        return Checker.judge(history()).stream().map(Violation::promise).toList();
    }

    private History history() {
        return new History(
                committed,
                rolledBack,
                believed,
                appearances,
                entries,
                effects,
                Map.of("g", dead),
                redriven,
                Map.of("g", deadLetterTopic),
                Set.of(),
                leftOver,
                Map.of("t", List.of("g")));
    }

    private void appear(UUID... tokens) {
        for (UUID token : tokens) {
            appearances.add(new Appearance("t", 0, appearances.size(), "k", NOW, token));
        }
    }

    private void takeEffect(UUID... tokens) {
        for (UUID token : tokens) {
            effects.add(new Effect(effects.size(), "g", "t", "k", token, 1, "i"));
        }
    }

    private static Message message(UUID token, long seq) {
        return new Message(token, "t", "k", seq, 0, "", "", null);
    }
}
