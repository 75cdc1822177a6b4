package io.reliablemessaging.pause;

/**
 * A topic of which a group handles nothing: its listener is paused.
 *
 * @param group the consumer group
 * @param topic the topic
 */
record PausedTopic(String group, String topic) {}
