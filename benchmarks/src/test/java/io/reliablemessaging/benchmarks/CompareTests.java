package io.reliablemessaging.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is printed of two versions. */
class CompareTests {

    @TempDir
    private Path results;

    @Test
    void holdsMedianAgainstMedian() throws IOException {
        write("before", 0.5, 0.8, 1.0);
        write("after", 0.1, 0.72, 0.9);
        assertThat(Compare.table(Compare.read(results.resolve("before")), Compare.read(results.resolve("after"))))
                .endsWith("| `plain_1` | 0.800 (0.500 to 1.000) | 0.720 (0.100 to 0.900) | 0.900 |%n".formatted());
    }

    private void write(String version, double... values) throws IOException {
        for (double value : values) {
            Report.write(
                    List.of(new Ratio("plain_1", value, 1, 1, "")),
                    results.resolve(version).resolve(value + ".json"));
        }
    }
}
