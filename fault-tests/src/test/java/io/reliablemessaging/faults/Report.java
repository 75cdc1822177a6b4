package io.reliablemessaging.faults;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/** One page on a run. */
final class Report {

    private static final int STORIES = 5;

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
        violations.forEach(violation -> counts.merge(violation.promise(), 1, Integer::sum));
        lines.add("Verdict: BROKEN " + counts);
        violations.stream().limit(STORIES).forEach(this::tell);
    }

    private void tell(Violation violation) {
        lines.add("");
        lines.add("%s: %s".formatted(violation.promise(), violation.what()));
        violation.tokens().forEach(token -> story(token).forEach(line -> lines.add("- " + line)));
    }

    private Stream<String> story(UUID token) {
        return Stream.of(
                        history.committed().stream()
                                .filter(message -> message.token().equals(token))
                                .map(Object::toString),
                        history.appearances().stream()
                                .filter(record -> record.token().equals(token))
                                .map(Object::toString),
                        history.entries().stream()
                                .filter(entry -> entry.token().equals(token))
                                .map(Object::toString),
                        history.effects().stream()
                                .filter(effect -> effect.token().equals(token))
                                .map(Object::toString),
                        history.dead().entrySet().stream()
                                .filter(dead -> dead.getValue().contains(token))
                                .map(dead -> "Dead in group " + dead.getKey()))
                .flatMap(each -> each);
    }

    private void row(String name, int count) {
        lines.add("| %s | %,d |".formatted(name, count));
    }

    @Override
    public String toString() {
        return String.join("\n", lines) + "\n";
    }
}
