package io.reliablemessaging.listener;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.handler.IllegalListenerException;
import io.reliablemessaging.wire.DeadLetterRecord;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Refuses listeners that would take messages from each other, and listeners whose dead-letter topic would have an illegal
 * name. Parked messages and dead letters belong to a group and a topic, not to a listener's id. So a group and a topic must
 * have one listener, and that may be renamed.
 */
final class ListenerRules {

    private static final Pattern LEGAL = Pattern.compile("[a-zA-Z0-9._-]+");
    private static final int LONGEST_TOPIC = 249;

    private final List<Member> members = new ArrayList<>();

    private record Member(String group, String topic, Method handler, boolean sharing) {}

    /**
     * Checks and adds a listener.
     *
     * @throws IllegalListenerException if it must not start
     */
    synchronized void add(String group, List<String> topics, Ordering ordering, Method handler) {
        if (group.isBlank()) {
            throw IllegalListenerException.of(handler, "has no group", "Give it a groupId");
        }
        if (topics.isEmpty()) {
            throw IllegalListenerException.of(handler, "has no topic", "Name a topic, or remove the annotation");
        }
        boolean sharing = ordering == Ordering.NONE;
        for (String topic : topics) {
            requireNames(group, topic, handler);
            requireAlone(group, topic, handler);
        }
        requireSameKind(group, sharing, handler);
        topics.forEach(topic -> members.add(new Member(group, topic, handler, sharing)));
    }

    /** Removes a listener that no longer exists: another one may take its place. */
    synchronized void remove(String group, List<String> topics) {
        members.removeIf(member -> member.group().equals(group) && topics.contains(member.topic()));
    }

    private static void requireNames(String group, String topic, Method handler) {
        if (!isLegal(topic)) {
            throw IllegalListenerException.of(
                    handler,
                    "listens to '%s', which is not the name of a topic".formatted(topic),
                    "Kafka allows 1 to %d of a-z, A-Z, 0-9, '.', '_' and '-'".formatted(LONGEST_TOPIC));
        }
        String deadLetters = DeadLetterRecord.topic(topic, group);
        if (!LEGAL.matcher(group).matches()) {
            throw IllegalListenerException.of(
                    handler,
                    "has group '%s', and its dead letters would go to '%s', which is not the name of a topic"
                            .formatted(group, deadLetters),
                    "Choose a groupId of a-z, A-Z, 0-9, '.', '_' and '-'");
        }
        if (deadLetters.length() > LONGEST_TOPIC) {
            throw IllegalListenerException.of(
                    handler,
                    "has group '%s', and its dead letters would go to '%s', whose name has %d characters; Kafka allows %d"
                            .formatted(group, deadLetters, deadLetters.length(), LONGEST_TOPIC),
                    "Shorten the name of the group or of topic '%s'".formatted(topic));
        }
    }

    private void requireAlone(String group, String topic, Method handler) {
        for (Member other : members) {
            if (other.group().equals(group) && other.topic().equals(topic)) {
                throw IllegalListenerException.of(
                        handler,
                        "listens to topic '%s' for group '%s', and so does %s: each message would go to one of them, and either would retry what the other has failed at"
                                .formatted(
                                        topic,
                                        group,
                                        other.handler().equals(handler)
                                                ? "the same method of another bean"
                                                : other.handler()),
                        "Give one of them another groupId, so that both get every message, or let one method call both");
            }
        }
    }

    private void requireSameKind(String group, boolean sharing, Method handler) {
        for (Member other : members) {
            if (other.group().equals(group) && other.sharing() != sharing) {
                throw IllegalListenerException.of(
                        handler,
                        "has ordering %s in group '%s', and %s has %s: a group of Kafka is either a share group or a consumer group"
                                .formatted(kind(sharing), group, other.handler(), kind(other.sharing())),
                        "Give one of them another groupId");
            }
        }
    }

    private static String kind(boolean sharing) {
        return sharing ? "none" : "key or partition";
    }

    private static boolean isLegal(String topic) {
        return LEGAL.matcher(topic).matches()
                && topic.length() <= LONGEST_TOPIC
                && !topic.equals(".")
                && !topic.equals("..");
    }
}
