package io.reliablemessaging.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.DelayedMessages;
import io.reliablemessaging.MessageTrace.Handling;
import io.reliablemessaging.MessageTrace.Sending;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.RedriveJobs;
import io.reliablemessaging.Trouble;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

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

    @Test
    void everyPathIsDocumentedWithItsFields() throws IOException {
        List<Row> documented = rows("### Paths")
                .map(row -> new Row(row.name(), String.join(" ", fieldsIn(row.second()))))
                .toList();
        assertThat(documented)
                .containsExactlyElementsOf(routes().stream()
                        .map(route -> new Row(route.toString(), String.join(" ", ownFields(route))))
                        .toList());
    }

    @Test
    void everyProblemIsDocumented() throws IOException {
        assertThat(rows("A call that fails")
                        .map(row -> row.name() + " " + row.second().replace("`", "")))
                .containsExactlyElementsOf(Stream.of(EndpointProblem.Kind.values())
                        .map(kind -> new EndpointProblem(kind, "").document())
                        .map(problem -> problem.status() + " " + problem.type())
                        .toList());
    }

    private static List<EndpointRoute> routes() {
        List<EndpointRoute> routes = new ArrayList<>();
        new ApplicationContextRunner()
                .withUserConfiguration(Asked.class)
                .withConfiguration(AutoConfigurations.of(EndpointAutoConfiguration.class))
                .withPropertyValues("management.endpoints.web.exposure.include=reliablemessaging")
                .run(context ->
                        routes.addAll(context.getBean(EndpointRouter.class).all()));
        return routes;
    }

    /** What the endpoint asks, without an answer. */
    @Configuration(proxyBeanMethods = false)
    static class Asked {

        @Bean
        DeadLetters deadLetters() {
            return mock(DeadLetters.class);
        }

        @Bean
        RedriveJobs redriveJobs() {
            return mock(RedriveJobs.class);
        }

        @Bean
        OutboxQuarantine quarantine() {
            return mock(OutboxQuarantine.class);
        }

        @Bean
        DelayedMessages delayedMessages() {
            return mock(DelayedMessages.class);
        }

        @Bean
        MessagingOperations operations() {
            return mock(MessagingOperations.class);
        }
    }

    private static Set<String> ownFields(EndpointRoute route) {
        Set<String> own = new TreeSet<>(route.fields());
        if (route.kind() == EndpointRoute.Kind.COMMAND) {
            own.removeAll(EndpointRoute.OF_COMMANDS);
        }
        return own;
    }

    private static Set<String> fieldsIn(String cell) {
        Set<String> fields = new TreeSet<>(cell.startsWith("filter") ? DeadLetterFilter.FIELDS : List.of());
        Pattern.compile("`([\\w.<>]+)`").matcher(cell).results().forEach(match -> fields.add(match.group(1)));
        return fields;
    }

    private record Row(String name, String second) {}

    /** The rows of the first table below a heading. */
    private static Stream<Row> rows(String heading) throws IOException {
        return Files.readAllLines(document()).stream()
                .dropWhile(line -> !line.startsWith(heading))
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
