package io.reliablemessaging.faults;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BinaryOperator;

/** One page on a run. */
final class Report {

    private final List<String> lines = new ArrayList<>();
    private final History history;
    private final List<Violation> violations;

    Report(String title, Map<String, Integer> faults, History history, List<Violation> violations) {
        this.history = history;
        this.violations = violations;
        lines.add("# " + title);
        lines.add("");
        lines.add("| faults | %d |"
                .formatted(faults.values().stream().mapToInt(Integer::intValue).sum()));
        lines.add("|---|---|");
        faults.forEach(this::row);
        lines.add("");
        lines.add("| messages | |");
        lines.add("|---|---|");
        figures();
        lines.add("");
        verdict();
    }

    private void figures() {
        Set<UUID> seen = new HashSet<>();
        history.appearances().forEach(record -> seen.add(record.token()));
        row("committed", history.committed().size());
        Map<String, Integer> kinds = new TreeMap<>();
        history.committed().forEach(message -> kinds.merge(message.kind(), 1, Integer::sum));
        kinds.forEach((kind, count) -> row("... " + kind, count));
        row("rolled back", history.rolledBack().size());
        row("records on Kafka", history.appearances().size());
        row("... of them duplicates", history.appearances().size() - seen.size());
        row("calls of handlers", history.entries().size());
        row("effects", history.effects().size());
        row("redriven", history.redriven().size());
        row("dead letters", history.dead().values().stream().mapToInt(Set::size).sum());
    }

    private void verdict() {
        if (violations.isEmpty()) {
            lines.add("Verdict: nothing lost, nothing invented, nothing doubled, nothing out of order.");
            return;
        }
        Map<Violation.Promise, Integer> counts = new TreeMap<>();
        Map<Violation.Promise, Violation> shortest = new TreeMap<>();
        Map<UUID, List<String>> stories = stories();
        for (Violation violation : violations) {
            counts.merge(violation.promise(), 1, Integer::sum);
            shortest.merge(
                    violation.promise(),
                    violation,
                    BinaryOperator.minBy(Comparator.comparingInt(each -> length(each, stories))));
        }
        lines.add("Verdict: BROKEN " + counts + ". Of each, the shortest story:");
        shortest.values().forEach(violation -> tell(violation, stories));
    }

    private void tell(Violation violation, Map<UUID, List<String>> stories) {
        lines.add("");
        lines.add("%s: %s".formatted(violation.promise(), violation.what()));
        violation.tokens().forEach(token -> stories.get(token).forEach(line -> lines.add("- " + line)));
    }

    private static int length(Violation violation, Map<UUID, List<String>> stories) {
        return violation.tokens().stream()
                .mapToInt(token -> stories.get(token).size())
                .sum();
    }

    /** What has happened to each message that a promise was broken to, in one reading of the history. */
    private Map<UUID, List<String>> stories() {
        Map<UUID, List<String>> stories = new HashMap<>();
        violations.forEach(each -> each.tokens().forEach(token -> stories.put(token, new ArrayList<>())));
        history.committed().forEach(message -> note(stories, message.token(), message));
        history.appearances().forEach(record -> note(stories, record.token(), record));
        history.entries().forEach(entry -> note(stories, entry.token(), entry));
        history.effects().forEach(effect -> note(stories, effect.token(), effect));
        history.dead().forEach((group, tokens) -> tokens.forEach(token -> note(stories, token, "Dead in " + group)));
        return stories;
    }

    private static void note(Map<UUID, List<String>> stories, UUID token, Object what) {
        List<String> story = stories.get(token);
        if (story != null) {
            story.add(what.toString());
        }
    }

    private void row(String name, int count) {
        lines.add("| %s | %,d |".formatted(name, count));
    }

    @Override
    public String toString() {
        return String.join("\n", lines) + "\n";
    }
}
