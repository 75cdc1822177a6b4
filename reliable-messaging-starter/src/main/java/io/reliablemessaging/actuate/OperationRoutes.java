package io.reliablemessaging.actuate;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessageTrace;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.actuate.EndpointRoute.Done;
import io.reliablemessaging.actuate.ReliableMessagingEndpoint.Trace;
import java.util.List;

/** Shows listeners and where a message is, and carries out the commands of {@link MessagingOperations}. */
final class OperationRoutes {

    private final MessagingOperations operations;

    OperationRoutes(MessagingOperations operations) {
        this.operations = operations;
    }

    /** The listeners of the instance that answers. */
    record Listeners(List<SnapshotOverview.Listener> listeners) {}

    List<EndpointRoute> routes() {
        return List.of(
                EndpointRoute.read("listeners", call -> listeners()),
                EndpointRoute.read("listeners/{listener}", this::listener),
                EndpointRoute.command("records/skip", this::skip, "group", "topic", "partition", "offset"),
                EndpointRoute.command("records/make-dead", this::makeDead, "group", "topic", "partition", "offset"),
                EndpointRoute.command("lanes/grow", this::growLanes, "lanes"));
    }

    EndpointRoute trace() {
        return EndpointRoute.read("{messageId}", this::trace);
    }

    /** Finds a message; {@code id} is its text form. */
    Trace trace(String id) {
        MessageTrace found = operations.trace(messageId(id));
        return new Trace(id, found.answer(), found.sending(), found.handling());
    }

    private Object trace(EndpointCall call) {
        return trace(call.variable("messageId"));
    }

    private Listeners listeners() {
        return new Listeners(operations.listeners().stream()
                .map(SnapshotOverview.Listener::of)
                .toList());
    }

    private Object listener(EndpointCall call) {
        String id = call.variable("listener");
        return listeners().listeners().stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .orElseThrow(() -> EndpointProblem.notFound("This instance has no listener '%s'. It has %s"
                        .formatted(
                                id,
                                listeners().listeners().stream()
                                        .map(SnapshotOverview.Listener::id)
                                        .toList())));
    }

    private Object skip(EndpointCall call) {
        int partition = call.requiredInteger("partition");
        long offset = call.requiredNumber("offset");
        String group = call.required("group");
        String topic = call.required("topic");
        operations.skip(group, topic, partition, offset, call.who());
        return new Done(
                1, "Group %s leaves out %s-%d@%d when it next starts there".formatted(group, topic, partition, offset));
    }

    private Object makeDead(EndpointCall call) {
        int partition = call.requiredInteger("partition");
        long offset = call.requiredNumber("offset");
        String group = call.required("group");
        String topic = call.required("topic");
        operations.makeDead(group, topic, partition, offset, call.reason(), call.who());
        return new Done(
                1, "The message at %s-%d@%d is a dead letter of group %s".formatted(topic, partition, offset, group));
    }

    private Object growLanes(EndpointCall call) {
        int lanes = call.requiredInteger("lanes");
        try {
            operations.growLanes(lanes, call.who());
        } catch (IllegalStateException e) {
            throw EndpointProblem.wrongState(String.valueOf(e.getMessage()));
        }
        return new Done(0, "The outbox has %d lanes".formatted(lanes));
    }

    private static MessageId messageId(String text) {
        try {
            return MessageId.of(text);
        } catch (IllegalArgumentException e) {
            throw EndpointProblem.badInput(
                    "'%s' is no message id; those look like 01939b7e-8d3a-7cc1-9d0f-6f3d1f0b2c4a".formatted(text));
        }
    }
}
