package io.reliablemessaging.inbox;

import io.reliablemessaging.Finding;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.audit.DurabilityCheck;
import io.reliablemessaging.audit.FindingCode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Remembers, while the application runs, where different messages came with one id: all but the first one were dropped. */
final class DifferentDuplicates implements DurabilityCheck {

    private final Map<Place, MessageId> lastSeen = new ConcurrentHashMap<>();

    private record Place(String group, String topic) {
        private String name() {
            return "topic %s in group %s".formatted(topic, group);
        }
    }

    /** Notes that a message was dropped. */
    void note(String group, String topic, MessageId id) {
        lastSeen.put(new Place(group, topic), id);
    }

    @Override
    public List<Finding> run() {
        Map<String, MessageId> sorted = new TreeMap<>();
        lastSeen.forEach((place, id) -> sorted.put(place.name(), id));
        return sorted.entrySet().stream()
                .map(each -> finding(each.getKey(), each.getValue()))
                .toList();
    }

    private static Finding finding(String where, MessageId last) {
        return FindingCode.ID_USED_TWICE.finding(
                where,
                "different messages with one id, the last time " + last,
                "one id, one message",
                "Find who copies or sets the header rm-message-id: a stream processor that forwards headers has to remove it.");
    }
}
