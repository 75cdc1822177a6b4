package io.reliablemessaging.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.Resource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Holds the README to the code. */
class ReadmeTests {

    private static final Path ROOT = Path.of("..");
    private static final String METADATA = "META-INF/spring-configuration-metadata.json";
    private static final String README = text(ROOT.resolve("README.md"));
    private static final String CONFIGURATION = text(ROOT.resolve("docs/configuration.md"));

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
        String links = "\\]\\(([^)#:]+)(?:#[^)]*)?\\)";
        assertThat(found(links))
                .allSatisfy(link -> assertThat(ROOT.resolve(link)).exists());
        assertThat(found(links, CONFIGURATION))
                .allSatisfy(
                        link -> assertThat(ROOT.resolve("docs").resolve(link)).exists());
    }

    @Test
    void addsDependenciesThatAreBuiltHere() {
        String parent = text(ROOT.resolve("pom.xml"));
        assertThat(found("<artifactId>(.*)</artifactId>"))
                .contains("reliable-messaging-starter", "reliable-messaging-test")
                .allSatisfy(artifact -> assertThat(parent).contains("<module>" + artifact + "</module>"));
        assertThat(found("<version>(.*)</version>"))
                .allSatisfy(version -> assertThat(parent)
                        .contains("<artifactId>reliable-messaging</artifactId>\n  <version>" + version + "</version>"));
    }

    @Test
    void namesModulesAndExecutionsThatExist() {
        assertThat(found("-pl ([a-z-]+)"))
                .contains("sample-app")
                .allSatisfy(module -> assertThat(ROOT.resolve(module)).isDirectory());
        assertThat(found("-pl reliable-messaging-test -am spring-boot:run@(\\w+)"))
                .singleElement()
                .satisfies(execution -> assertThat(text(ROOT.resolve("reliable-messaging-test/pom.xml")))
                        .contains("<id>" + execution + "</id>"));
    }

    @Test
    void configuresWhatExists() throws IOException {
        YamlPropertiesFactoryBean yaml = new YamlPropertiesFactoryBean();
        yaml.setResources(found("(?s)```yaml\n(.*?)```")
                .map(text -> new ByteArrayResource(text.getBytes(StandardCharsets.UTF_8)))
                .toArray(Resource[]::new));
        Set<String> known = allProperties();
        assertThat(Objects.requireNonNull(yaml.getObject()).stringPropertyNames())
                .isNotEmpty()
                .allSatisfy(name -> assertThat(name.replaceAll("^(reliable-messaging\\.topics)\\..*", "$1"))
                        .isIn(known));
        assertThat(found("`reliable-messaging\\.((?!logging|test)[a-z.-]+)"))
                .allSatisfy(name -> assertThat(known).contains("reliable-messaging." + name));
    }

    @Test
    void listsEveryProperty() throws IOException {
        Set<String> listed = found("(?m)^\\| `([a-z.-]+)[^`]*` \\| [^|]+ \\| [^|]+ \\|$", CONFIGURATION)
                .map(name -> name.equals("topics.") ? "topics" : name)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(listed).isEqualTo(properties());
    }

    private static Set<String> properties() throws IOException {
        return allProperties().stream()
                .filter(name -> name.startsWith("reliable-messaging.") && !name.startsWith("reliable-messaging.test."))
                .map(name -> name.substring("reliable-messaging.".length()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> allProperties() throws IOException {
        Set<String> names = new TreeSet<>();
        for (URL jar : Collections.list(ReadmeTests.class.getClassLoader().getResources(METADATA))) {
            try (InputStream metadata = jar.openStream()) {
                for (JsonNode property : JsonMapper.shared().readTree(metadata).get("properties")) {
                    names.add(property.get("name").asString());
                }
            }
        }
        return names;
    }

    private static Stream<String> found(String pattern) {
        return found(pattern, README);
    }

    private static Stream<String> found(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().map(match -> match.group(1));
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
