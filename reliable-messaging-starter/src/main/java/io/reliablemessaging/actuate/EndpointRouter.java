package io.reliablemessaging.actuate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.util.MimeType;

/** Finds the route of a call by the first word of its path; what begins with no known word is the id of a message. */
final class EndpointRouter {

    private static final MimeType PROBLEM = MimeType.valueOf("application/problem+json");

    private final Map<String, List<EndpointRoute>> routes;
    private final EndpointRoute trace;

    /**
     * Creates a router.
     *
     * @param trace answers a path of one word that is not known
     */
    EndpointRouter(List<EndpointRoute> routes, EndpointRoute trace) {
        this.routes = routes.stream()
                .collect(Collectors.groupingBy(
                        route -> route.path().get(0), LinkedHashMap::new, Collectors.toUnmodifiableList()));
        this.trace = trace;
    }

    /**
     * Answers a call.
     *
     * @throws EndpointProblem if the call cannot be answered, or the command was refused; nothing was changed
     */
    Object answer(EndpointCall call) {
        return answer(call, find(call));
    }

    /** Answers a call over HTTP, problems included. */
    WebEndpointResponse<Object> respond(EndpointCall call) {
        try {
            EndpointRoute route = find(call);
            return new WebEndpointResponse<>(answer(call, route), route.status());
        } catch (EndpointProblem e) {
            return new WebEndpointResponse<>(e.document(), e.status(), PROBLEM);
        }
    }

    /** Returns all routes, in the order in which they were given. */
    List<EndpointRoute> all() {
        return Stream.concat(routes.values().stream().flatMap(List::stream), Stream.of(trace))
                .toList();
    }

    private static Object answer(EndpointCall call, EndpointRoute route) {
        try {
            return route.action().answer(call.at(route));
        } catch (RuntimeException e) {
            throw EndpointProblem.of(e);
        }
    }

    private EndpointRoute find(EndpointCall call) {
        String word = call.path().isEmpty() ? "" : call.path().get(0);
        List<EndpointRoute> known = routes.getOrDefault(word, List.of(trace));
        List<EndpointRoute> here =
                known.stream().filter(route -> route.hasPath(call.path())).toList();
        return here.stream()
                .filter(route -> route.kind() == call.kind())
                .findFirst()
                .orElseThrow(() -> here.isEmpty() || known.contains(trace)
                        ? EndpointProblem.notFound(
                                "There is no /%s here. %s".formatted(String.join("/", call.path()), whatThereIs(known)))
                        : wrongMethod(call, here));
    }

    private String whatThereIs(List<EndpointRoute> known) {
        return known.contains(trace)
                ? "Paths begin with one of %s, or are the id of a message".formatted(new TreeSet<>(routes.keySet()))
                : "There are these paths: %s".formatted(known);
    }

    private static EndpointProblem wrongMethod(EndpointCall call, List<EndpointRoute> here) {
        return new EndpointProblem(
                EndpointProblem.Kind.WRONG_METHOD,
                "/%s does not answer %s. There is: %s"
                        .formatted(String.join("/", call.path()), call.kind().method(), here));
    }
}
