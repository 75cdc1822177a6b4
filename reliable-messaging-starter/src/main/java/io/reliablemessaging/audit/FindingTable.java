package io.reliablemessaging.audit;

import io.reliablemessaging.Finding;
import java.util.List;
import java.util.function.Function;

/** Writes findings as a table for the log: one line each, in columns. */
final class FindingTable {

    private static final List<Function<Finding, String>> COLUMNS = List.of(
            Finding::code,
            finding -> finding.severity().name(),
            Finding::where,
            Finding::actual,
            finding -> "should be " + finding.required());

    private FindingTable() {}

    /**
     * Writes the lines, each after a line break.
     *
     * @param mark text at the beginning of each line
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
