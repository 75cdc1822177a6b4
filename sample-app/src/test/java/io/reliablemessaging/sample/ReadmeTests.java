package io.reliablemessaging.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Holds the README to the code. */
class ReadmeTests {

    private static final Path ROOT = Path.of("..");
    private static final String METADATA = "META-INF/spring-configuration-metadata.json";
    private static final String README = text(ROOT.resolve("README.md"));

    @Test
    void staysShort() {
        assertThat(README.lines()).hasSizeLessThan(250);
    }

    @Test
    void quotesCodeThatCompiles() {
        String sample = sources("sample-app/src/").map(ReadmeTests::text).collect(Collectors.joining());
        List<String> quoted = found("(?s)```java\n(.*?)```")
                .flatMap(String::lines)
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        assertThat(quoted).isNotEmpty().allSatisfy(line -> assertThat(sample).contains(line));
    }

    @Test
    void namesTestsThatExist() {
        Set<String> tests =
                sources("").map(file -> file.getFileName().toString()).collect(Collectors.toSet());
        assertThat(found("`(\\w+(?:IT|Tests))`").map(name -> name + ".java")).isSubsetOf(tests);
    }

    @Test
    void linksToFilesThatExist() {
        assertThat(found("\\]\\(([^)#:]+)\\)"))
                .allSatisfy(link -> assertThat(ROOT.resolve(link)).exists());
    }

    @Test
    void listsEveryProperty() throws IOException {
        Set<String> listed = found("(?m)^\\| `([a-z.-]+)[^`]*` \\| [^|]+ \\| [^|]+ \\|$")
                .map(name -> name.equals("topics.") ? "topics" : name)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(listed).isEqualTo(properties());
    }

    private static Set<String> properties() throws IOException {
        Set<String> names = new TreeSet<>();
        for (URL jar : Collections.list(ReadmeTests.class.getClassLoader().getResources(METADATA))) {
            try (InputStream metadata = jar.openStream()) {
                for (JsonNode property : JsonMapper.shared().readTree(metadata).get("properties")) {
                    names.add(property.get("name").asString());
                }
            }
        }
        return names.stream()
                .filter(name -> name.startsWith("reliable-messaging.") && !name.startsWith("reliable-messaging.test."))
                .map(name -> name.substring("reliable-messaging.".length()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<String> found(String pattern) {
        return Pattern.compile(pattern).matcher(README).results().map(match -> match.group(1));
    }

    private static Stream<Path> sources(String below) {
        try (Stream<Path> files = Files.walk(ROOT.resolve(below))) {
            return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
