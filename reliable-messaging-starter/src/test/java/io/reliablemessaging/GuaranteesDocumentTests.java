package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds docs/guarantees.md to the tests: each class and each method that it names exists. */
class GuaranteesDocumentTests {

    private static final List<String> MODULES = List.of("reliable-messaging-starter", "fault-tests");
    private static final Pattern TEST = Pattern.compile("`(\\w+(?:IT|Tests))(?:\\.(\\w+))?`");

    @Test
    void namesTestsThatExist() throws IOException {
        Map<String, Path> classes = testClasses();
        List<Matcher> named = Files.readAllLines(Path.of("..", "docs", "guarantees.md")).stream()
                .filter(line -> line.startsWith("| "))
                .flatMap(line -> TEST.matcher(line).results().map(found -> TEST.matcher(found.group())))
                .filter(Matcher::matches)
                .toList();

        assertThat(named).hasSizeGreaterThan(100).allSatisfy(test -> {
            assertThat(classes).containsKey(test.group(1));
            if (test.group(2) != null) {
                assertThat(Files.readString(classes.get(test.group(1)))).contains(" " + test.group(2) + "(");
            }
        });
    }

    private static Map<String, Path> testClasses() {
        return MODULES.stream()
                .flatMap(module -> sources(module).stream())
                .collect(Collectors.toMap(
                        file -> file.getFileName().toString().replace(".java", ""), file -> file, (one, other) -> one));
    }

    private static List<Path> sources(String module) {
        try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "test", "java"))) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
