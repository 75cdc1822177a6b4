package io.reliablemessaging.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page that findings lead to has each of them, and none that does not exist. */
class FindingsPageTests {

    private static final Pattern SECTION =
            Pattern.compile("### (RM-\\w+)\n\n\\*\\*(.+)\\*\\* \\((\\w+)\\)\n\n.+\n\n\\*Fix:\\* .+\n");

    private final String page = read(Path.of("..", "docs", "findings.md"));

    @Test
    void hasASectionForEachCodeWithItsTitleItsSeverityAndTheWayToFixIt() {
        assertThat(SECTION.matcher(page).results().map(FindingsPageTests::section))
                .containsExactlyElementsOf(Arrays.stream(FindingCode.values())
                        .map(FindingsPageTests::section)
                        .toList());
        assertThat(page.lines().filter(line -> line.startsWith("### "))).hasSize(FindingCode.values().length);
    }

    @Test
    void isReachableFromEachFinding() {
        List<String> headings = page.lines()
                .filter(line -> line.startsWith("### "))
                .map(line -> "classpath:META-INF/reliable-messaging/findings.md#"
                        + line.substring(4).toLowerCase(Locale.ROOT))
                .toList();
        assertThat(FindingCode.values())
                .allSatisfy(code -> assertThat(headings)
                        .contains(code.finding("where", 1, 2, "remedy").reference()));
    }

    @Test
    void isInTheJarAndExplainsEachFinding() {
        assertThat(FindingCode.values())
                .allSatisfy(code -> assertThat(FindingsPage.explanation(code.finding("where", 1, 2, "remedy")))
                        .isNotBlank()
                        .isIn(page.lines().toList()));
    }

    private static String section(MatchResult found) {
        return "%s %s (%s)".formatted(found.group(1), found.group(2), found.group(3));
    }

    private static String section(FindingCode code) {
        return "%s %s (%s)"
                .formatted(code.code(), code.title(), code.severity().name().toLowerCase(Locale.ROOT));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(file + " cannot be read", e);
        }
    }
}
