package io.reliablemessaging.consumer;

import io.reliablemessaging.delivery.Deliveries;
import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.lines.MemoryBudget;
import io.reliablemessaging.lines.MessageIdentity;
import io.reliablemessaging.permits.DelayedTasks;
import io.reliablemessaging.permits.HandlerPool;
import io.reliablemessaging.permits.RunningHandlers;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.topics.TopicIds;
import java.util.Collection;

/**
 * Holds what the consumers of one listener work with.
 *
 * @param deliveries deliver the listener's messages
 * @param outages the database and what the handler needs, which may be away
 * @param running this listener's handlers that run now
 * @param control the listener's container
 * @param shared what the listener shares with the other listeners
 */
record ConsumerServices(
        Deliveries deliveries,
        OutageQueues outages,
        RunningHandlers running,
        Consumers.Control control,
        Shared shared) {

    /**
     * What all listeners of this instance share.
     *
     * @param identity says which message a record is
     * @param topicIds which topic is which
     * @param pool runs handlers
     * @param memory what records may take
     * @param timer for later
     * @param infrastructure what everything needs
     */
    record Shared(
            MessageIdentity identity,
            TopicIds topicIds,
            HandlerPool pool,
            MemoryBudget memory,
            DelayedTasks timer,
            Infrastructure infrastructure) {}

    ListenerSettings settings() {
        return deliveries.settings();
    }

    Collection<String> topics() {
        return deliveries.topics();
    }

    /** Tells whether records may be read, and parked messages claimed: the listener is not paused in any way. */
    boolean mayRead() {
        return !control.isPauseRequested() && control.mayHandle();
    }

    /** Tells whether a handler may be called now: the listener is not paused in all instances. */
    boolean mayHandle() {
        return control.mayHandle();
    }

    /** Stops the listener after an error that the process may not survive. */
    void fail(Error error) {
        control.fail(error);
    }

    MessageIdentity identity() {
        return shared.identity();
    }

    TopicIds topicIds() {
        return shared.topicIds();
    }

    HandlerPool pool() {
        return shared.pool();
    }

    MemoryBudget memory() {
        return shared.memory();
    }

    DelayedTasks timer() {
        return shared.timer();
    }

    Infrastructure infrastructure() {
        return shared.infrastructure();
    }
}
