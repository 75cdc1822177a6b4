package io.reliablemessaging.relay;

import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** How the relay of this instance is. */
public interface RelayState {

    /** Name of this instance, as the tables know it. */
    UUID instance();

    /** Host that this instance runs on, for people. */
    String host();

    /** Whether it was started and not stopped. */
    boolean isRunning();

    /** The lanes it sends. */
    Set<Integer> lanes();

    /** Why Kafka refuses this application as a producer; null if it does not. */
    @Nullable
    String refusal();

    /** What keeps it from working at all, as the database being away does; null if nothing does. */
    @Nullable
    String trouble();

    /** Why it has left its lanes to other instances, which can send while it cannot; null if it has not. */
    @Nullable
    String aside();

    /** Topics that take no records for now. Their messages wait while others flow. */
    Set<String> heldTopics();

    /** What a topic that takes no records waits for; null if it is none of those. */
    @Nullable
    String whyHeld(String topic);
}
