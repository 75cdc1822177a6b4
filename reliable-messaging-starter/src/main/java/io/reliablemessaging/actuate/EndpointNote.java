package io.reliablemessaging.actuate;

import io.reliablemessaging.text.StartupNote;
import java.util.List;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.core.env.Environment;

/**
 * Tells in the start-up summary where the endpoint is, and whether it takes commands.
 *
 * @param access what the application lets the endpoint do
 */
record EndpointNote(Environment environment, Access access) implements StartupNote {

    @Override
    public Subject subject() {
        return Subject.ACTUATOR;
    }

    @Override
    public List<String> lines() {
        String path = environment.getProperty("management.endpoints.web.base-path", "/actuator");
        String port = environment.getProperty("management.server.port");
        return List.of("actuator: %s/%s%s%s"
                .formatted(
                        path.equals("/") ? "" : path,
                        ReliableMessagingEndpoint.ID,
                        port == null ? "" : " on port " + port,
                        access == Access.UNRESTRICTED
                                ? ", with commands"
                                : ", without commands (management.endpoint.%s.access=unrestricted allows them)"
                                        .formatted(ReliableMessagingEndpoint.ID)));
    }
}
