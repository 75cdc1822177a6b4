package io.reliablemessaging.actuate;

import io.reliablemessaging.MessageTrace;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.OperationLogEntry;
import io.reliablemessaging.OperationLogQuery;
import io.reliablemessaging.actuate.EndpointRoute.Done;
import io.reliablemessaging.actuate.ReliableMessagingEndpoint.Trace;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Shows listeners, where a message is and what people did, and carries out the commands of {@link MessagingOperations}. */
final class OperationRoutes {

    // their targets name a key
    private static final String REPLAY = "replay";
    private static final String OF_QUARANTINE = " quarantined";

    private final MessagingOperations operations;
    private final boolean showContent;

    OperationRoutes(MessagingOperations operations, boolean showContent) {
        this.operations = operations;
        this.showContent = showContent;
    }

    /** The listeners of the instance that answers. */
    record Listeners(List<SnapshotOverview.Listener> listeners) {}

    /** A page of what people did; {@code next} is the value of {@code before} for the next page, null if this is the last one. */
    record Log(List<Entry> entries, @Nullable Long next) {}

    /** What a person did; the components are those of {@link OperationLogEntry}. */
    record Entry(
            long id,
            Instant at,
            String who,
            String action,
            @Nullable String target,
            @Nullable String reason) {}

    List<EndpointRoute> routes() {
        return List.of(
                EndpointRoute.read("log", this::log, "who", "action", "target", "before", "limit"),
                EndpointRoute.read("listeners", call -> listeners()),
                EndpointRoute.read("listeners/{listener}", this::listener),
                EndpointRoute.command("listeners/{listener}/pause", this::pause),
                EndpointRoute.command("listeners/{listener}/resume", this::resume),
                EndpointRoute.command("records/skip", this::skip, "group", "topic", "partition", "offset"),
                EndpointRoute.command("records/make-dead", this::makeDead, "group", "topic", "partition", "offset"),
                EndpointRoute.command("lanes/grow", this::growLanes, "lanes"));
    }

    EndpointRoute trace() {
        return EndpointRoute.read("{messageId}", this::trace);
    }

    private Object trace(EndpointCall call) {
        MessageTrace found = operations.trace(call.messageId());
        return new Trace(call.variable("messageId"), found.answer(), found.sending(), found.handling());
    }

    private Object log(EndpointCall call) {
        int limit = call.limit();
        Long before = call.number("before");
        List<Entry> found = operations
                .operationLog(OperationLogQuery.all()
                        .who(call.text("who"))
                        .action(call.text("action"))
                        .target(call.text("target"))
                        .before(before == null ? Long.MAX_VALUE : before)
                        .limit(limit))
                .stream()
                .map(this::shown)
                .toList();
        return new Log(
                found, found.size() < limit ? null : found.get(found.size() - 1).id());
    }

    private Entry shown(OperationLogEntry entry) {
        boolean namesKey = entry.action().equals(REPLAY) || entry.action().endsWith(OF_QUARANTINE);
        return new Entry(
                entry.id(),
                entry.at(),
                entry.who(),
                entry.action(),
                namesKey && !showContent ? null : entry.target(),
                entry.reason());
    }

    private Listeners listeners() {
        return new Listeners(operations.listeners().stream()
                .map(SnapshotOverview.Listener::of)
                .toList());
    }

    private Object listener(EndpointCall call) {
        return find(call);
    }

    private Object pause(EndpointCall call) {
        String id = find(call).id();
        return operations.pauseListener(id, call.reason(), call.who())
                ? new Done(1, "Listener %s is paused: no handler of it is called until it is resumed".formatted(id))
                : new Done(0, "Listener %s was paused before; nothing is changed".formatted(id));
    }

    private Object resume(EndpointCall call) {
        String id = find(call).id();
        return operations.resumeListener(id, call.reason(), call.who())
                ? new Done(1, "Listener %s goes on".formatted(id))
                : new Done(0, "Listener %s was not paused; nothing is changed".formatted(id));
    }

    private SnapshotOverview.Listener find(EndpointCall call) {
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
        operations.skip(group, topic, partition, offset, call.reason(), call.who());
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
            operations.growLanes(lanes, call.reason(), call.who());
        } catch (IllegalStateException e) {
            throw EndpointProblem.wrongState(String.valueOf(e.getMessage()));
        }
        return new Done(0, "The outbox has %d lanes".formatted(lanes));
    }
}
