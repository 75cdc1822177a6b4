package io.reliablemessaging.actuate;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessageTrace;
import io.reliablemessaging.MessageTrace.Handling;
import io.reliablemessaging.MessageTrace.Sending;
import io.reliablemessaging.MessagingOperations;
import java.util.List;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

/** Shows the state of messaging, and where one message is. */
@Endpoint(id = "reliablemessaging")
public final class ReliableMessagingEndpoint {

    private final MessagingOperations operations;

    /**
     * The places where a message is.
     *
     * @param id the message
     * @param answer all of it in sentences
     * @param sending its way to Kafka
     * @param handling its state in the groups
     */
    public record Trace(String id, String answer, List<Sending> sending, List<Handling> handling) {}

    ReliableMessagingEndpoint(MessagingOperations operations) {
        this.operations = operations;
    }

    /** Returns the state of messaging from memory, so it answers at once even during an outage. */
    @ReadOperation
    public SnapshotOverview overview() {
        return SnapshotOverview.of(operations.lastSnapshot());
    }

    @ReadOperation
    public Trace trace(@Selector String messageId) {
        MessageTrace found = operations.trace(id(messageId));
        return new Trace(messageId, found.answer(), found.sending(), found.handling());
    }

    private static MessageId id(String text) {
        try {
            return MessageId.of(text);
        } catch (IllegalArgumentException e) {
            throw new InvalidEndpointRequestException(
                    "'%s' is no message id; those look like 01939b7e-8d3a-7cc1-9d0f-6f3d1f0b2c4a".formatted(text),
                    "not a message id",
                    e);
        }
    }
}
