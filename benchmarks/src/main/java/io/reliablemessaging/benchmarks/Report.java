package io.reliablemessaging.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The results for people and for programs. */
final class Report {

    private static final Map<String, String> BARS = Map.ofEntries(
            Map.entry("drain", ">= 0.50, goal 0.75"),
            Map.entry("latency_p50", "<= 2.0, goal 1.3"),
            Map.entry("latency_loaded", "<= 3.0, goal 1.5"),
            Map.entry("latency_p99", "<= 3.0, goal 1.5"),
            Map.entry("tax", ">= 0.60, goal 0.70"),
            Map.entry("tax_backlog_left", "not growing"),
            Map.entry("flat_backlog", ">= 0.85, goal 0.95"),
            Map.entry("flat_horizon", ">= 0.85, goal 0.95"),
            Map.entry("open_writer", ">= 0.70, goal 0.90"),
            Map.entry("hot_key", ">= 0.90, goal 1.0"),
            Map.entry("bulkhead_p99", "<= 2.0, goal 1.2"),
            Map.entry("idle_tps", "<= 2.0, goal 1.5"),
            Map.entry("plain_1", ">= 0.70, goal 0.90"),
            Map.entry("plain_default", ">= 2.2, goal 3.0"),
            Map.entry("batch_tx", ">= 7, goal 12"),
            Map.entry("slow_ideal", ">= 0.75, goal 0.88"),
            Map.entry("again_record", ">= 5"),
            Map.entry("again_batch", ">= 5"),
            Map.entry("none", ">= 2.0, goal 2.5"),
            Map.entry("none_slow_ideal", ">= 0.80, goal 0.88"),
            Map.entry("parked", ">= 0.90, goal 0.97"),
            Map.entry("redrive_p50", "<= 3.0, goal 1.5"),
            Map.entry("redrive_p99", "<= 5.0, goal 2.0"),
            Map.entry("inbox_5m", ">= 0.95, goal 1.0"));

    private Report() {}

    static String table(List<Ratio> ratios) {
        return ratios.stream()
                .map(ratio -> "| %-70s | %-18s |%n".formatted(ratio, BARS.getOrDefault(ratio.name(), "")))
                .collect(Collectors.joining("", "%n".formatted(), "%n".formatted()));
    }

    /** Whether more than a line of the table depends on it. */
    static boolean hasBar(Ratio ratio) {
        return BARS.containsKey(ratio.name());
    }

    static void write(List<Ratio> ratios, Path file) throws IOException {
        String json = ratios.stream()
                .map(ratio -> String.format(Locale.ROOT, "  \"%s\": %.4f", ratio.name(), ratio.value()))
                .collect(Collectors.joining(",\n", "{\n", "\n}\n"));
        Files.createDirectories(file.getParent());
        Files.writeString(file, json);
        System.out.println("Written to " + file);
    }
}
