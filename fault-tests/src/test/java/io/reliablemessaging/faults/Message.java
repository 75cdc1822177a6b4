package io.reliablemessaging.faults;

import java.time.Instant;
import java.util.UUID;

/**
 * A line of the history: a transaction that published this has committed.
 *
 * @param token what the bank calls it
 * @param topic its topic
 * @param key its key
 * @param seq its number among those of the topic and key
 * @param failures how often its handler was told to fail; negative for always
 * @param kind how it was published
 * @param instance by whom
 * @param due not to be sent before, or null
 */
record Message(
        UUID token, String topic, String key, long seq, int failures, String kind, String instance, Instant due) {

    /** What keeps its order. */
    String place() {
        return topic + "/" + key;
    }
}
