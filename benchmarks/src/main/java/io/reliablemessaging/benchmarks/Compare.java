package io.reliablemessaging.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Prints the medians of two versions of the library that were measured in turn, and what the second is of the first. */
final class Compare {

    private static final TypeReference<LinkedHashMap<String, Double>> RESULT = new TypeReference<>() {};

    private Compare() {}

    public static void main(String[] arguments) throws IOException {
        Path results = Path.of(arguments[0]);
        System.out.print(table(read(results.resolve("before")), read(results.resolve("after"))));
    }

    static String table(Map<String, double[]> before, Map<String, double[]> after) {
        String lines = before.entrySet().stream()
                .filter(key -> after.containsKey(key.getKey()))
                .map(key -> line(key.getKey(), key.getValue(), Objects.requireNonNull(after.get(key.getKey()))))
                .collect(Collectors.joining());
        return "%n| key | before | after | after / before |%n|---|---|---|---|%n".formatted() + lines;
    }

    private static String line(String key, double[] before, double[] after) {
        return String.format(
                Locale.ROOT,
                "| `%s` | %s | %s | %.3f |%n",
                key,
                range(before),
                range(after),
                Bench.median(after) / Bench.median(before));
    }

    private static String range(double[] values) {
        double least = Arrays.stream(values).min().orElseThrow();
        double most = Arrays.stream(values).max().orElseThrow();
        return String.format(Locale.ROOT, "%.3f (%.3f to %.3f)", Bench.median(values), least, most);
    }

    /** The values of each key, from all the files of a directory. */
    static Map<String, double[]> read(Path directory) throws IOException {
        JsonMapper json = JsonMapper.builder().build();
        Map<String, List<Double>> all = new LinkedHashMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.sorted().toList()) {
                json.readValue(file, RESULT)
                        .forEach((key, value) -> all.computeIfAbsent(key, each -> new ArrayList<>())
                                .add(value));
            }
        }
        Map<String, double[]> values = new LinkedHashMap<>();
        all.forEach((key, list) ->
                values.put(key, list.stream().mapToDouble(Double::doubleValue).toArray()));
        return values;
    }
}
