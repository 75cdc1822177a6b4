package io.reliablemessaging.actuate;

import io.reliablemessaging.text.StartupNote;
import java.util.List;
import org.springframework.core.env.Environment;

/** Tells in the start-up summary where the endpoint is. */
record EndpointNote(Environment environment) implements StartupNote {

    private static final String NAME = "reliablemessaging";

    @Override
    public Subject subject() {
        return Subject.ACTUATOR;
    }

    @Override
    public List<String> lines() {
        String path = environment.getProperty("management.endpoints.web.base-path", "/actuator");
        String port = environment.getProperty("management.server.port");
        return List.of("actuator: %s/%s%s"
                .formatted(path.equals("/") ? "" : path, NAME, port == null ? "" : " on port " + port));
    }
}
