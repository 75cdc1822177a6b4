package io.reliablemessaging.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the table of observations in docs/metrics.md to the enum. */
class TracingDocumentTests {

    @Test
    void everyStepIsDocumentedAsItIs() throws IOException {
        List<String> rows = Files.readAllLines(Path.of("../docs/metrics.md")).stream()
                .dropWhile(line -> !line.equals("## Traces"))
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.substring(0, line.lastIndexOf(" | ")))
                .toList();
        assertThat(rows)
                .containsExactlyElementsOf(Stream.of(TracedStep.values())
                        .map(step -> "| `%s` | `%s` | %s"
                                .formatted(
                                        step.id(),
                                        step.span("<topic>"),
                                        step.kind().name().toLowerCase(Locale.ROOT)))
                        .toList());
    }
}
