package io.reliablemessaging;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A message to be published.
 *
 * <pre>{@code
 * OutgoingMessage.to("orders").key("42").header("source", "shop").payload(order).build()
 * }</pre>
 *
 * @param topic name of the Kafka topic
 * @param key identifies what the message is about; messages of one topic and key keep their order
 * @param partition the partition to send to; null if the key decides
 * @param headers text headers; names that begin with {@code rm-} are reserved
 * @param payload the content; null for a tombstone
 * @param id identity of the message; null for a new one. A second message with the same id is a duplicate that every listener
 *     drops
 * @param deliverAt when to send it, by the database's clock: not earlier, and usually within a second after; null for as soon as
 *     possible. A delayed message has no order with others
 */
public record OutgoingMessage(
        String topic,
        @Nullable String key,
        @Nullable Integer partition,
        Map<String, String> headers,
        @Nullable Object payload,
        @Nullable MessageId id,
        @Nullable Instant deliverAt) {

    private static final Pattern TOPIC = Pattern.compile("[a-zA-Z0-9._-]{1,249}");

    /**
     * Checks everything that can be checked without a broker.
     *
     * @throws InvalidMessageException if the topic name or partition is not legal, or a header has no value or a reserved name
     */
    public OutgoingMessage {
        if (!TOPIC.matcher(topic).matches() || topic.equals(".") || topic.equals("..")) {
            throw new InvalidMessageException(
                    "'%s' is not a topic name: Kafka allows 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'"
                            .formatted(topic));
        }
        if (partition != null && partition < 0) {
            throw new InvalidMessageException(
                    "Partition %d of topic %s: partitions count from 0; leave it out to let the key decide"
                            .formatted(partition, topic));
        }
        headers.forEach((name, value) -> requireLegal(topic, name, value));
        headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
    }

    private static void requireLegal(String topic, @Nullable String name, @Nullable String value) {
        if (name == null) {
            throw new InvalidMessageException(
                    "A header of a message to topic %s has no name; give it one, or leave it out".formatted(topic));
        }
        if (value == null) {
            throw new InvalidMessageException(
                    "Header '%s' of a message to topic %s has no value; give it one, or leave it out"
                            .formatted(name, topic));
        }
        if (name.startsWith("rm-")) {
            throw new InvalidMessageException(
                    "Header '%s': names that begin with 'rm-' are reserved for reliable messaging; choose another"
                            .formatted(name));
        }
    }

    /** Begins a message to a topic. */
    public static Builder to(String topic) {
        return new Builder(topic);
    }

    /** Collects the parts of a message. {@link #build()} checks them. */
    public static final class Builder {

        private final String topic;
        private final Map<String, String> headers = new LinkedHashMap<>();
        private @Nullable String key;
        private @Nullable Integer partition;
        private @Nullable Object payload;
        private @Nullable MessageId id;
        private @Nullable Instant deliverAt;

        private Builder(String topic) {
            this.topic = topic;
        }

        /** Sets the key; messages of one topic and key keep their order. */
        public Builder key(@Nullable String key) {
            this.key = key;
            return this;
        }

        /** Sets the partition; without it the key decides. */
        public Builder partition(@Nullable Integer partition) {
            this.partition = partition;
            return this;
        }

        /** Adds a header, or replaces the one of that name. */
        public Builder header(String name, String value) {
            headers.put(name, value);
            return this;
        }

        /** Sets the content; null makes a tombstone. */
        public Builder payload(@Nullable Object payload) {
            this.payload = payload;
            return this;
        }

        /** Sets the identity; without it the message gets a new one. */
        public Builder id(@Nullable MessageId id) {
            this.id = id;
            return this;
        }

        /**
         * Delays the message: by the database's clock it is sent not before this time, and usually within a second after. A time in
         * the past means now. A delayed message has no order with others, not even of its key.
         */
        public Builder deliverAt(@Nullable Instant deliverAt) {
            this.deliverAt = deliverAt;
            return this;
        }

        /**
         * Builds the message.
         *
         * @throws InvalidMessageException if the topic, the partition or a header is not legal
         */
        public OutgoingMessage build() {
            return new OutgoingMessage(topic, key, partition, headers, payload, id, deliverAt);
        }
    }
}
