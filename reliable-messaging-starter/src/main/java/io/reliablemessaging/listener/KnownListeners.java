package io.reliablemessaging.listener;

import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.inbox.ListeningGroups;
import io.reliablemessaging.pause.ListenerPauses;
import io.reliablemessaging.topics.ListenedTopics;
import io.reliablemessaging.topics.ShareGroups;
import io.reliablemessaging.wire.DeadLetterRecord;
import java.util.List;

/**
 * Registers that get each new listener.
 *
 * @param topics which group listens to which topic
 * @param shareGroups prepares share groups
 * @param groups the groups of all listeners
 * @param listeners answers questions about listeners
 * @param handlers calls handlers for people
 * @param pauses know which listeners are paused in all instances
 */
record KnownListeners(
        ListenedTopics topics,
        ShareGroups shareGroups,
        ListeningGroups groups,
        Listeners listeners,
        RegisteredHandlers handlers,
        ListenerPauses pauses) {

    /** Adds a listener that has its container. */
    void add(ListenerSettings settings, List<String> topicNames, ReliableListenerContainer container) {
        groups.add(settings.group());
        listeners.add(new Listeners.Watched(settings, topicNames, container));
        for (String topic : topicNames) {
            topics.add(settings.group(), topic, DeadLetterRecord.topic(topic, settings.group()));
        }
    }

    /** Removes a listener whose container is destroyed. */
    void remove(String listener) {
        listeners.remove(listener);
        handlers.remove(listener);
        pauses.remove(listener);
    }
}
