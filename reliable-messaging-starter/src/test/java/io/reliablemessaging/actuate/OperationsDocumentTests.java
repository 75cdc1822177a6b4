package io.reliablemessaging.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageTrace.Handling;
import io.reliablemessaging.MessageTrace.Sending;
import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.Trouble;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/operations.md tells of every field and every trouble, of no others, and in their order. */
class OperationsDocumentTests {

    private static final Pattern ROW = Pattern.compile("\\| `([^`]+)` \\|([^|]*)\\|.*");

    @Test
    void everyFieldOfTheOverviewIsDocumented() throws IOException {
        assertThat(rows("### Overview").map(Row::name)).containsExactlyElementsOf(fields(SnapshotOverview.class));
    }

    @Test
    void everyFieldOfATraceIsDocumented() throws IOException {
        assertThat(rows("### One message").map(Row::name))
                .containsExactlyElementsOf(fields(ReliableMessagingEndpoint.Trace.class));
    }

    @Test
    void everyTroubleIsDocumentedAndWhoMustMendIt() throws IOException {
        assertThat(rows("## Troubles"))
                .containsExactlyElementsOf(Stream.of(Trouble.Kind.values())
                        .map(kind -> new Row(kind.name(), kind.isForAPerson() ? "yes" : ""))
                        .toList());
    }

    @Test
    void everyStateIsDocumented() throws IOException {
        String text = Files.readString(document());
        Stream.of(Listener.State.values(), Sending.Stage.values(), Handling.State.values())
                .flatMap(Arrays::stream)
                .forEach(state -> assertThat(text).contains("`" + state.name() + "`"));
    }

    @Test
    void theHealthIndicatorsAreDocumented() throws IOException {
        List<String> beans = Arrays.stream(HealthAutoConfiguration.class.getDeclaredMethods())
                .filter(method -> method.getReturnType() == TroubleHealth.class)
                .map(method -> method.getName().replace("HealthIndicator", ""))
                .toList();
        assertThat(rows("## Health").map(Row::name)).containsExactlyInAnyOrderElementsOf(beans);
    }

    private record Row(String name, String second) {}

    /** The rows of the first table below a heading. */
    private static Stream<Row> rows(String heading) throws IOException {
        return Files.readAllLines(document()).stream()
                .dropWhile(line -> !line.equals(heading))
                .dropWhile(line -> !line.startsWith("|"))
                .takeWhile(line -> line.startsWith("|"))
                .map(ROW::matcher)
                .filter(java.util.regex.Matcher::matches)
                .map(row -> new Row(row.group(1), row.group(2).strip()));
    }

    private static Path document() {
        return Path.of("..", "docs", "operations.md");
    }

    private static List<String> fields(Class<?> record) {
        return Arrays.stream(record.getRecordComponents())
                .flatMap(OperationsDocumentTests::fields)
                .toList();
    }

    private static Stream<String> fields(RecordComponent component) {
        boolean many = Collection.class.isAssignableFrom(component.getType());
        Type type = many
                ? ((ParameterizedType) component.getGenericType()).getActualTypeArguments()[0]
                : component.getGenericType();
        String name = component.getName() + (many ? "[]" : "");
        return isOurs(type) ? fields((Class<?>) type).stream().map(field -> name + "." + field) : Stream.of(name);
    }

    private static boolean isOurs(Type type) {
        Predicate<Class<?>> ours = each -> each.isRecord() && each.getName().startsWith("io.reliablemessaging.");
        return type instanceof Class<?> known && ours.test(known);
    }
}
