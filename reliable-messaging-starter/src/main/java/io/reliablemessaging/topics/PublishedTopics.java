package io.reliablemessaging.topics;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingObserver;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** Remembers the topics that this instance sends to, so that they are checked, whether declared or not. */
public final class PublishedTopics implements MessagingObserver {

    // an application that invents topic names must not fill the memory
    private static final int MOST = 1_000;

    private final Set<String> all = ConcurrentHashMap.newKeySet();

    @Override
    public void published(MessageId id, String topic) {
        add(topic);
    }

    @Override
    public void sent(Confirmation confirmation, Duration waited) {
        add(confirmation.topic());
    }

    private void add(String topic) {
        if (!all.contains(topic) && all.size() < MOST) {
            all.add(topic);
        }
    }

    Set<String> all() {
        return new TreeSet<>(all);
    }
}
