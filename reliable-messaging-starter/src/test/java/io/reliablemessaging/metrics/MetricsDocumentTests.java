package io.reliablemessaging.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds docs/metrics.md to the enum, row by row. */
class MetricsDocumentTests {

    @Test
    void everyMetricIsDocumentedAsItIs() throws IOException {
        List<String> rows = Files.readAllLines(Path.of("../docs/metrics.md")).stream()
                .takeWhile(line -> !line.equals("## Traces"))
                .filter(line -> line.startsWith("| `" + MessagingMetric.PREFIX))
                .toList();
        assertThat(rows)
                .containsExactlyElementsOf(Stream.of(MessagingMetric.values())
                        .map(MetricsDocumentTests::row)
                        .toList());
    }

    private static String row(MessagingMetric metric) {
        String type = metric.type().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return "| `%s` | %s | %s | %s | %s |"
                .formatted(metric.id(), type, metric.unit(), String.join(", ", metric.tags()), metric.description());
    }
}
