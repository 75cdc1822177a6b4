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
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Holds what the consumers of one listener work with.
 *
 * @param deliveries deliver the listener's messages
 * @param outages the database and what the handler needs, which may be away
 * @param running this listener's handlers that run now
 * @param paused whether a person has paused the listener
 * @param fatal stops the listener after an error that the process may not survive
 * @param shared what the listener shares with the other listeners
 */
record ConsumerServices(
        Deliveries deliveries,
        OutageQueues outages,
        RunningHandlers running,
        BooleanSupplier paused,
        Consumer<Error> fatal,
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
