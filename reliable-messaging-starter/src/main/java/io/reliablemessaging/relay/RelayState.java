package io.reliablemessaging.relay;

import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The state of this instance's relay. */
public interface RelayState {

    /** Returns the id of this instance in the tables. */
    UUID instance();

    /** Returns the host that this instance runs on, for people. */
    String host();

    /** Returns whether the relay was started and not stopped. */
    boolean isRunning();

    /** Returns the lanes that it sends. */
    Set<Integer> lanes();

    /** Returns why Kafka refuses this application as a producer; null if it does not. */
    @Nullable
    String refusal();

    /** Returns what prevents it from working at all, such as an outage of the database; null if nothing does. */
    @Nullable
    String trouble();

    /** Returns why it has left its lanes to other instances, which can send while it cannot; null if it has not. */
    @Nullable
    String whyAside();

    /** Returns the held topics: something is wrong with them, and their messages wait while others are sent. */
    Set<String> heldTopics();

    /** Returns why a topic is held; null if it is not. */
    @Nullable
    String whyHeld(String topic);
}
