package io.reliablemessaging.actuate;

import io.reliablemessaging.DeadLetterQuery;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the fields that select dead letters, and shows them. Their names are those of {@link DeadLetterQuery}. */
final class DeadLetterFilter {

    /** Names of the fields that select. */
    static final List<String> FIELDS =
            List.of("group", "topic", "key", "errorClass", "fingerprint", "words", "parkedAfter", "parkedBefore");

    private static final String ALL = "all";

    private DeadLetterFilter() {}

    /** Returns the names of the fields of a route: those that select, and others. */
    static String[] and(String... others) {
        return Stream.concat(FIELDS.stream(), Stream.of(others)).toArray(String[]::new);
    }

    /** Returns the names of the fields of a command for many messages: those that select, {@code all}, and others. */
    static String[] forCommand(String... others) {
        return Stream.concat(Stream.of(ALL), Stream.of(and(others))).toArray(String[]::new);
    }

    /** Reads what a list shows: nothing left out selects all states. */
    static DeadLetterQuery read(EndpointCall call) {
        return DeadLetterQuery.all()
                .group(call.text("group"))
                .topic(call.text("topic"))
                .key(call.text("key"))
                .errorClass(call.text("errorClass"))
                .fingerprint(call.text("fingerprint"))
                .words(call.text("words"))
                .parkedAfter(call.instant("parkedAfter"))
                .parkedBefore(call.instant("parkedBefore"));
    }

    /**
     * Reads what a command for many messages is about.
     *
     * @throws EndpointProblem if no field selects, and {@code all} is not true; or if both are given
     */
    static DeadLetterQuery readForCommand(EndpointCall call) {
        boolean selects = FIELDS.stream().anyMatch(field -> call.text(field) != null);
        if (selects == call.flag(ALL)) {
            throw EndpointProblem.badInput(
                    selects
                            ? "'all' is true, and other fields select some; leave 'all' out, or all the others"
                            : "No field selects dead letters. Give at least one of %s, or \"all\": true for all of them"
                                    .formatted(FIELDS));
        }
        return read(call);
    }

    /** Shows the conditions of a query, under the names of the fields. */
    static Map<String, Object> shown(DeadLetterQuery query, boolean showContent) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        all.put("group", query.group());
        all.put("topic", query.topic());
        all.put("key", query.key() == null || showContent ? query.key() : "not shown");
        all.put("errorClass", query.errorClass());
        all.put("fingerprint", query.fingerprint());
        all.put("words", query.words());
        all.put("parkedAfter", query.parkedAfter());
        all.put("parkedBefore", query.parkedBefore());
        Map<String, Object> given = new LinkedHashMap<>();
        all.forEach((name, value) -> {
            if (value != null) {
                given.put(name, value);
            }
        });
        return given;
    }
}
