package io.reliablemessaging.actuate;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A path that the endpoint answers, and how.
 *
 * @param kind whether it reads or commands
 * @param path its segments; those in braces are variables
 * @param fields names of the fields that it takes
 * @param status HTTP status of its answer
 * @param action answers it
 */
record EndpointRoute(Kind kind, List<String> path, Set<String> fields, int status, Action action) {

    /** Fields that every command takes. */
    static final List<String> OF_COMMANDS = List.of("reason", "who");

    /** Stands for the fields {@code header.} and the name of a header. */
    static final String HEADERS = "header.<name>";

    /** Begins the names of these fields. */
    static final String HEADER = "header.";

    private static final int OK = 200;
    private static final int CREATED = 201;

    /** What a call wants. */
    enum Kind {
        /** Reads, by GET. */
        READ("GET"),
        /** Changes something, by POST. */
        COMMAND("POST");

        private final String method;

        Kind(String method) {
            this.method = method;
        }

        String method() {
            return method;
        }
    }

    /** Answers calls of a path. */
    interface Action {

        /** Returns what is shown to the caller. */
        Object answer(EndpointCall call);
    }

    /** Has the routes of some words. */
    interface Group {

        List<EndpointRoute> routes();
    }

    /**
     * The answer to a command that returns nothing else.
     *
     * @param changed how many messages or listeners were changed
     * @param answer what was done, in words
     */
    record Done(long changed, String answer) {}

    static EndpointRoute read(String path, Action action, String... fields) {
        return new EndpointRoute(Kind.READ, List.of(path.split("/")), Set.of(fields), OK, action);
    }

    /** Creates the route of a command, which takes a reason and a name besides its own fields. */
    static EndpointRoute command(String path, Action action, String... fields) {
        Set<String> all = new LinkedHashSet<>(List.of(fields));
        all.addAll(OF_COMMANDS);
        return new EndpointRoute(Kind.COMMAND, List.of(path.split("/")), all, OK, action);
    }

    /** Answers that something was created. */
    EndpointRoute creating() {
        return new EndpointRoute(kind, path, fields, CREATED, action);
    }

    /** Tells whether it takes a field of this name. */
    boolean takes(String field) {
        return fields.contains(field)
                || (fields.contains(HEADERS) && field.startsWith(HEADER) && field.length() > HEADER.length());
    }

    /** Tells whether this is the path, whatever a call wants there. */
    boolean hasPath(List<String> asked) {
        return asked.size() == path.size()
                && IntStream.range(0, path.size())
                        .allMatch(i -> isVariable(i) || path.get(i).equals(asked.get(i)));
    }

    /** Returns the values of the variables in a path that matches. */
    Map<String, String> variables(List<String> asked) {
        Map<String, String> variables = new TreeMap<>();
        for (int i = 0; i < path.size(); i++) {
            if (isVariable(i)) {
                String segment = path.get(i);
                variables.put(segment.substring(1, segment.length() - 1), asked.get(i));
            }
        }
        return variables;
    }

    private boolean isVariable(int segment) {
        return path.get(segment).startsWith("{");
    }

    @Override
    public String toString() {
        return kind.method() + " /" + String.join("/", path);
    }
}
