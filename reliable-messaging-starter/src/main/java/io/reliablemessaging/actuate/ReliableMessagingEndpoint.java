package io.reliablemessaging.actuate;

import io.reliablemessaging.MessageTrace.Handling;
import io.reliablemessaging.MessageTrace.Sending;
import io.reliablemessaging.MessagingOperations;
import java.util.List;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.Selector.Match;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * Shows the state of messaging, where one message is, and what has failed; and carries out people's commands. It only reads unless the
 * application allows commands ({@code management.endpoint.reliablemessaging.access=unrestricted}).
 */
@Endpoint(id = ReliableMessagingEndpoint.ID, defaultAccess = Access.READ_ONLY)
public final class ReliableMessagingEndpoint {

    static final String ID = "reliablemessaging";

    private final MessagingOperations operations;
    private final EndpointRouter router;

    /**
     * The places where a message is.
     *
     * @param id the message
     * @param answer all of it in sentences
     * @param sending its way to Kafka
     * @param handling its state in the groups
     */
    public record Trace(String id, String answer, List<Sending> sending, List<Handling> handling) {}

    ReliableMessagingEndpoint(MessagingOperations operations, EndpointRouter router) {
        this.operations = operations;
        this.router = router;
    }

    /** Returns the state of messaging from memory, so it answers at once even during an outage. */
    @ReadOperation
    public SnapshotOverview overview() {
        return SnapshotOverview.of(operations.lastSnapshot());
    }

    /**
     * Answers a question below the overview.
     *
     * @param call made by {@link EndpointCallAdvisor}, the path included
     */
    @ReadOperation
    public WebEndpointResponse<Object> read(EndpointCall call, @Selector(match = Match.ALL_REMAINING) String... path) {
        return router.respond(call);
    }

    /**
     * Carries out a command.
     *
     * @param call made by {@link EndpointCallAdvisor}, the path included
     */
    @WriteOperation
    public WebEndpointResponse<Object> command(
            EndpointCall call, @Selector(match = Match.ALL_REMAINING) String... path) {
        return router.respond(call);
    }
}
