package io.reliablemessaging.actuate;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.actuate.EndpointRoute.Kind;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A call of the endpoint: what it wants, its path, its fields, who is logged in. Fields are those of the body and of the query
 * string. A field that is unknown, empty or given twice is refused: a filter that is left out by mistake would select everything.
 */
final class EndpointCall {

    private static final int PAGE = 100;
    private static final int LARGEST_PAGE = 1_000;
    private static final int LONGEST = 4_000;
    private static final int LONGEST_NAME = 200;
    private static final String WHO = "who";
    private static final String REASON = "reason";

    // what a message contains may be empty, long, and have any character
    private static final Set<String> CONTENT = Set.of("payload", "payloadBase64");

    private final Kind kind;
    private final List<String> path;
    private final Map<String, ?> fields;
    private final @Nullable String principal;
    private final Map<String, String> variables;

    private EndpointCall(
            Kind kind,
            List<String> path,
            Map<String, ?> fields,
            @Nullable String principal,
            Map<String, String> variables) {
        this.kind = kind;
        this.path = path;
        this.fields = fields;
        this.principal = principal;
        this.variables = variables;
    }

    /**
     * Creates a call.
     *
     * @param fields values that are strings are single; null values are those of the JSON
     * @param principal name of the person or system that is logged in; null if nobody is
     */
    EndpointCall(Kind kind, List<String> path, Map<String, ?> fields, @Nullable String principal) {
        this(kind, List.copyOf(path), new TreeMap<>(fields), principal, Map.of());
    }

    /**
     * Binds the call to the route that answers it.
     *
     * @throws EndpointProblem if a field is unknown to the route or has no proper value, or a command has no reason or name
     */
    EndpointCall at(EndpointRoute route) {
        Set<String> unknown = new TreeSet<>(fields.keySet());
        unknown.removeIf(route::takes);
        if (!unknown.isEmpty()) {
            throw EndpointProblem.badInput("%s takes no field %s. It takes %s"
                    .formatted(route, unknown, route.fields().isEmpty() ? "none" : new TreeSet<>(route.fields())));
        }
        fields.forEach(EndpointCall::requireProper);
        EndpointCall bound = new EndpointCall(kind, path, fields, principal, route.variables(path));
        if (kind == Kind.COMMAND) {
            String unused = bound.reason() + bound.who();
        }
        return bound;
    }

    Kind kind() {
        return kind;
    }

    List<String> path() {
        return path;
    }

    /** Returns a variable of the path. */
    String variable(String name) {
        String value = variables.get(name);
        if (value == null) {
            throw new IllegalStateException("The path has no variable '%s'".formatted(name));
        }
        return value;
    }

    /** Returns a variable of the path that is a number. */
    long number() {
        return parsed("id", variable("id"), Long::valueOf, "a number such as 17");
    }

    /** Returns the variable of the path that is the id of a message. */
    MessageId messageId() {
        String given = variable("messageId");
        try {
            return MessageId.of(given);
        } catch (IllegalArgumentException e) {
            throw EndpointProblem.badInput(
                    "'%s' is no message id; those look like 01939b7e-8d3a-7cc1-9d0f-6f3d1f0b2c4a".formatted(given));
        }
    }

    /** Returns a field; null if it is not given. */
    @Nullable
    String text(String field) {
        return (String) fields.get(field);
    }

    /** Returns the headers that are given, each by its name. */
    Map<String, String> headers() {
        Map<String, String> headers = new TreeMap<>();
        fields.forEach((field, value) -> {
            if (field.startsWith(EndpointRoute.HEADER)) {
                headers.put(field.substring(EndpointRoute.HEADER.length()), (String) value);
            }
        });
        return headers;
    }

    String required(String field) {
        String given = text(field);
        if (given == null) {
            throw EndpointProblem.badInput("Field '%s' is missing".formatted(field));
        }
        return given;
    }

    @Nullable
    Long number(String field) {
        return parsed(field, Long::valueOf, "a whole number");
    }

    @Nullable
    Integer integer(String field) {
        return parsed(field, Integer::valueOf, "a whole number");
    }

    long requiredNumber(String field) {
        return parsed(field, required(field), Long::valueOf, "a whole number");
    }

    int requiredInteger(String field) {
        return parsed(field, required(field), Integer::valueOf, "a whole number");
    }

    @Nullable
    Double decimal(String field) {
        return parsed(field, Double::valueOf, "a number such as 0.1");
    }

    @Nullable
    Instant instant(String field) {
        return parsed(field, EndpointCall::time, "a time such as 2026-03-01T12:00:00Z");
    }

    Instant requiredInstant(String field) {
        return parsed(field, required(field), EndpointCall::time, "a time such as 2026-03-01T12:00:00Z");
    }

    <E extends Enum<E>> @Nullable E choice(String field, Class<E> choices) {
        return parsed(
                field,
                text -> Enum.valueOf(choices, text.toUpperCase(Locale.ROOT)),
                "one of " + Arrays.toString(choices.getEnumConstants()).toLowerCase(Locale.ROOT));
    }

    /** Tells whether a field is true; only {@code true} and {@code false} are values. */
    boolean flag(String field) {
        Boolean given = parsed(field, EndpointCall::truth, "true or false");
        return given != null && given;
    }

    /** Returns how many entries a list may have, 100 unless the call says otherwise. */
    int limit() {
        Integer given = integer("limit");
        if (given != null && (given < 1 || given > LARGEST_PAGE)) {
            throw EndpointProblem.badInput("A page of %d entries is out of bounds; 'limit' must be from 1 to %d"
                    .formatted(given, LARGEST_PAGE));
        }
        return given == null ? PAGE : given;
    }

    /** Returns why the command is given. */
    String reason() {
        String given = text(REASON);
        if (given == null) {
            throw EndpointProblem.badInput(
                    "Field 'reason' is missing: say why; it is stored in the operation log, for later readers");
        }
        return given;
    }

    /** Returns who gives the command: the one who is logged in, or else the field {@code who}. */
    String who() {
        String named = text(WHO);
        if (principal != null && named != null && !named.equals(principal)) {
            throw EndpointProblem.badInput(
                    "Field 'who' is '%s', and '%s' is logged in. Leave the field out: the operation log stores who is logged in"
                            .formatted(named, principal));
        }
        if (principal == null && named == null) {
            throw EndpointProblem.badInput(
                    "Field 'who' is missing: nobody is logged in, so say who gives the command; it is stored in the operation log");
        }
        return principal == null ? required(WHO) : principal;
    }

    private static void requireProper(String field, @Nullable Object value) {
        if (value != null && !(value instanceof String)) {
            throw EndpointProblem.badInput("Field '%s' is given more than once".formatted(field));
        }
        if (value == null) {
            throw EndpointProblem.badInput("Field '%s' is null; leave it out, or give it a value".formatted(field));
        }
        if (CONTENT.contains(field) || field.startsWith(EndpointRoute.HEADER)) {
            return;
        }
        String text = (String) value;
        if (text.isBlank()) {
            throw EndpointProblem.badInput("Field '%s' is empty; leave it out, or give it a value".formatted(field));
        }
        if (text.indexOf('\0') >= 0) {
            throw EndpointProblem.badInput("Field '%s' contains NUL, which PostgreSQL cannot store".formatted(field));
        }
        int longest = field.equals(WHO) ? LONGEST_NAME : LONGEST;
        if (text.length() > longest) {
            throw EndpointProblem.badInput(
                    "Field '%s' has %d characters; it may have %d at most".formatted(field, text.length(), longest));
        }
    }

    private <T> @Nullable T parsed(String field, Function<String, T> parser, String wanted) {
        String given = text(field);
        return given == null ? null : parsed(field, given, parser, wanted);
    }

    private static <T> T parsed(String field, String given, Function<String, T> parser, String wanted) {
        try {
            return parser.apply(given);
        } catch (IllegalArgumentException e) {
            throw EndpointProblem.badInput("'%s' is '%s'; it must be %s".formatted(field, given, wanted));
        }
    }

    private static Instant time(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static Boolean truth(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException(text);
        }
        return Boolean.valueOf(text);
    }
}
