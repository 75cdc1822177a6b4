package io.reliablemessaging.actuate;

import io.reliablemessaging.actuate.EndpointRoute.Kind;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.jmx.annotation.EndpointJmxExtension;

/**
 * Replaces the endpoint's operations where JMX calls them: the same paths and fields as over HTTP, as text. Paths are written
 * without a slash at the begin; fields as in a query string, such as {@code reason=release+1.4.1&who=olive}. A problem is an
 * exception that says what is wrong.
 */
@EndpointJmxExtension(endpoint = ReliableMessagingEndpoint.class)
final class JmxOperations {

    private final EndpointRouter router;

    JmxOperations(EndpointRouter router) {
        this.router = router;
    }

    @ReadOperation
    public Object trace(String messageId) {
        return router.answer(new EndpointCall(Kind.READ, List.of(messageId), Map.of(), null));
    }

    @ReadOperation
    public Object read(String path, @Nullable String fields) {
        return router.answer(call(Kind.READ, path, fields));
    }

    @WriteOperation
    public Object command(String path, String fields) {
        return router.answer(call(Kind.COMMAND, path, fields));
    }

    private static EndpointCall call(Kind kind, String path, @Nullable String fields) {
        Map<String, String> all = new TreeMap<>();
        for (String field : fields == null || fields.isEmpty() ? new String[0] : fields.split("&", -1)) {
            int equals = field.indexOf('=');
            if (equals < 0
                    || all.put(decoded(field.substring(0, equals)), decoded(field.substring(equals + 1))) != null) {
                throw EndpointProblem.badInput(
                        "'%s' is no field with a value, or is given more than once. Write fields as reason=fixed&who=olive"
                                .formatted(field));
            }
        }
        return new EndpointCall(kind, List.of(path.split("/")), all, null);
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
