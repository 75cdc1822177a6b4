package io.reliablemessaging.consumer;

import io.reliablemessaging.broker.TopicIds;
import io.reliablemessaging.delivery.Deliveries;
import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.reachability.Infrastructure;
import java.util.Collection;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * What the consumers of one listener work with.
 *
 * @param deliveries deliver its messages
 * @param identity says which message a record is
 * @param topicIds which topic is which
 * @param outages what may be away
 * @param pool runs its handlers
 * @param running its handlers that run
 * @param memory what its records may take
 * @param timer for later
 * @param infrastructure what everything needs
 * @param paused whether a person wants nothing begun
 * @param fatal is given an error that the process may not survive: the listener stops
 */
record ConsumerParts(
        Deliveries deliveries,
        Identity identity,
        TopicIds topicIds,
        Outages outages,
        HandlerPool pool,
        RunningHandlers running,
        MemoryBudget memory,
        Delays timer,
        Infrastructure infrastructure,
        BooleanSupplier paused,
        Consumer<Error> fatal) {

    ListenerSettings settings() {
        return deliveries.settings();
    }

    Collection<String> topics() {
        return deliveries.topics();
    }
}
