package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/recovery.md has examples that compile, and names that exist. {@link RecoveryDocumentIT} runs them. */
class RecoveryDocumentTests {

    private static final Path PAGE = Path.of("..", "docs", "recovery.md");

    @Test
    void everyJavaExampleIsCode() throws IOException {
        List<String> examples = examples("java");
        String code = withoutSpace(
                Files.readString(Path.of("src", "test", "java", "io", "reliablemessaging", "RecoveryDocumentIT.java")));
        assertThat(examples).isNotEmpty().allSatisfy(example -> assertThat(code).contains(withoutSpace(example)));
    }

    @Test
    void everyCountOfAJobIsDocumented() throws IOException {
        List<String> counts = Stream.of(RedriveJob.class.getRecordComponents())
                .filter(each -> each.getType() == long.class || each.getType() == int.class)
                .map(each -> each.getName())
                .filter(name -> !name.equals("id"))
                .toList();
        assertThat(Files.readAllLines(PAGE).stream()
                        .dropWhile(line -> !line.startsWith("| count |"))
                        .skip(2)
                        .takeWhile(line -> line.startsWith("|"))
                        .map(line -> line.replaceAll("\\| `(\\w+)`.*", "$1")))
                .containsExactlyElementsOf(counts);
    }

    static List<String> examples(String language) throws IOException {
        return Pattern.compile("(?s)```%s\n(.*?)```".formatted(language))
                .matcher(Files.readString(PAGE))
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toList());
    }

    private static String withoutSpace(String text) {
        return text.replaceAll("\\s", "");
    }
}
