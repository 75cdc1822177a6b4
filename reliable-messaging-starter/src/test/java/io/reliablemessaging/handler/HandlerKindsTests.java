package io.reliablemessaging.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.handler.GenericHandlers.Kind;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.kafka.support.KafkaHeaders;

/** Every kind of parameter is filled with the right value or refused at start-up, and docs/listeners.md says the same. */
class HandlerKindsTests {

    private static final Pattern ROW = Pattern.compile("\\| (.+?) \\|.*");
    // beginnings of names, and no headers
    private static final Set<String> PREFIXES = Set.of(KafkaHeaders.PREFIX, KafkaHeaders.RECEIVED);

    private static final String[] HEADERS = {"tenant", "first", "tenant", "acme"};

    private final HandledMessages messages = new HandledMessages();
    private final HandlerKinds kinds = new HandlerKinds();

    static Stream<Method> filled() {
        return kinds().filter(method -> kind(method).refused().isEmpty());
    }

    static Stream<Method> refused() {
        return kinds().filter(method -> !kind(method).refused().isEmpty());
    }

    @ParameterizedTest
    @MethodSource("filled")
    void isFilled(Method method) {
        Handler handler = messages.handler(kinds, method);
        messages.handle(handler, kind(method).payload(), HEADERS);
        assertThat(taken()).isEqualTo(kind(method).gets());
    }

    @ParameterizedTest
    @MethodSource("filled")
    void meetsATombstone(Method method) {
        Handler handler = messages.handler(kinds, method);
        if (kind(method).tombstone().equals(HandlerKinds.DEAD)) {
            assertThatExceptionOfType(UnrecoverableMessageException.class)
                    .isThrownBy(() -> messages.handle(handler, null, HEADERS))
                    .withMessageContaining("tombstone");
            return;
        }
        messages.handle(handler, null, HEADERS);
        assertThat(taken()).isEqualTo(kind(method).tombstone());
    }

    @ParameterizedTest
    @MethodSource("refused")
    void isRefused(Method method) {
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> messages.handler(new RefusedKinds(), method))
                .satisfies(refusal -> assertThat(refusal.getMessage() + refusal.wayOut())
                        .contains(kind(method).refused())
                        .contains("RefusedKinds." + method.getName() + "("));
    }

    @Test
    void theDocumentHasARowForEachKind() throws IOException {
        String text = Files.readString(Path.of("..", "docs", "listeners.md"));
        String section = text.substring(text.indexOf("## What a handler method may take"))
                .split("\n## ", 2)[0];
        int refusals = section.indexOf("| Refused |");
        assertThat(rows(section.substring(0, refusals))).containsExactlyInAnyOrderElementsOf(rows(filled()));
        assertThat(rows(section.substring(refusals))).containsExactlyInAnyOrderElementsOf(rows(refused()));
    }

    @Test
    void everyHeaderThatSpringKafkaKnowsIsFilledOrRefusedOrTheRecordsOwn() throws IllegalAccessException {
        for (Field constant : KafkaHeaders.class.getFields()) {
            String name = (String) constant.get(null);
            boolean own = name.matches("kafka_(dlt-|original-|exception-|key-exception-|correlationId|reply).*");
            boolean filled = DeliveryHeaders.all(HandledMessages.message("{}")).containsKey(name)
                    && !name.equals(KafkaHeaders.DLT_ORIGINAL_OFFSET);
            boolean refused = DeliveryHeaders.insteadOf(name) != null;
            assertThat(Stream.of(own, filled, refused, PREFIXES.contains(name)).filter(each -> each))
                    .as(name)
                    .hasSize(1);
        }
    }

    private String taken() {
        return String.join(", ", kinds.taken);
    }

    private static Kind kind(Method method) {
        return method.getAnnotation(Kind.class);
    }

    private static Stream<Method> kinds() {
        return Stream.of(HandlerKinds.class, GenericHandlers.class, RefusedKinds.class)
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> method.isAnnotationPresent(Kind.class));
    }

    private static Set<String> rows(Stream<Method> methods) {
        return methods.map(method -> kind(method).row()).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static List<String> rows(String table) {
        return table.lines()
                .map(ROW::matcher)
                .filter(row -> row.matches() && !row.group(1).startsWith("-"))
                .map(row -> row.group(1))
                .filter(row -> !row.equals("Parameter") && !row.equals("Refused"))
                .toList();
    }
}
