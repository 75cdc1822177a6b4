package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the way of a payload in docs/design.md to the code. */
class PayloadWayTests {

    private static final String HEADING = "## A payload's way from `publish` to the deleted row";
    private static final Pattern STEP = Pattern.compile("(\\d+)\\. `([^`]+)` .+");
    private static final Pattern TYPE = Pattern.compile("`([A-Z][a-z]\\w*)`"); // LISTEN and the like are none

    @Test
    void hasAtMostTenNumberedStepsThatBeginWithAClass() throws IOException {
        List<String> steps = steps();
        assertThat(steps).isNotEmpty().hasSizeLessThanOrEqualTo(10).allMatch(STEP.asMatchPredicate());
        assertThat(steps)
                .extracting(step -> step.replaceAll("\\..*", ""))
                .containsExactlyElementsOf(IntStream.rangeClosed(1, steps.size())
                        .mapToObj(Integer::toString)
                        .toList());
    }

    @Test
    void namesClassesThatExist() throws IOException {
        Set<String> types = types();
        assertThat(steps())
                .allSatisfy(step -> assertThat(TYPE.matcher(step).results().map(found -> found.group(1)))
                        .isNotEmpty()
                        .isSubsetOf(types));
    }

    private static List<String> steps() throws IOException {
        return Files.readAllLines(Path.of("..", "docs", "design.md")).stream()
                .dropWhile(line -> !line.equals(HEADING))
                .skip(1)
                .takeWhile(line -> !line.startsWith("#"))
                .filter(line -> Character.isDigit(line.isEmpty() ? ' ' : line.charAt(0)))
                .toList();
    }

    /** The simple names of the starter's own top-level types. */
    private static Set<String> types() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src", "main", "java"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".java"))
                    .map(name -> name.substring(0, name.length() - ".java".length()))
                    .collect(Collectors.toSet());
        }
    }
}
