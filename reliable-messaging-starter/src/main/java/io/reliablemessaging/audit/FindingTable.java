package io.reliablemessaging.audit;

import io.reliablemessaging.Finding;
import java.util.List;
import java.util.function.Function;

/** Findings as a person reads them in a log: one line each, in columns. */
final class FindingTable {

    private static final List<Function<Finding, String>> COLUMNS = List.of(
            Finding::code,
            finding -> finding.severity().name(),
            Finding::where,
            Finding::actual,
            finding -> "should be " + finding.required());

    private FindingTable() {}

    /**
     * Lines, each after a line break.
     *
     * @param mark what each line begins with
     */
    static String of(List<Finding> findings, String mark) {
        int[] widths = COLUMNS.stream()
                .mapToInt(column -> findings.stream()
                        .mapToInt(finding -> column.apply(finding).length())
                        .max()
                        .orElse(0))
                .toArray();
        StringBuilder lines = new StringBuilder();
        for (Finding finding : findings) {
            lines.append('\n').append(mark);
            for (int i = 0; i < widths.length; i++) {
                String cell = COLUMNS.get(i).apply(finding);
                lines.append(cell).append(" ".repeat(widths[i] - cell.length() + 2));
            }
            lines.append(finding.remedy());
        }
        return lines.toString();
    }
}
