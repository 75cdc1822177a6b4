package io.reliablemessaging.listener;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.broker.TopicIds;
import io.reliablemessaging.wire.WireHeaders;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;

/** Says which message a record is: the sender's id, or else its place, which is unique while the topic exists. */
final class Identity {

    private final TopicIds topics;

    Identity(TopicIds topics) {
        this.topics = topics;
    }

    MessageId of(ConsumerRecord<?, ?> record) {
        String id = WireHeaders.text(record.headers(), WireHeaders.MESSAGE_ID);
        if (id != null) {
            try {
                return MessageId.of(id);
            } catch (IllegalArgumentException e) {
                // not one of ours, whatever the header says: its place will do
            }
        }
        return byPlace(topics.of(record.topic()), record);
    }

    // the offset in the low half: ids of a partition lie side by side in the inbox's index
    private static MessageId byPlace(Uuid topic, ConsumerRecord<?, ?> record) {
        long place = topic.getMostSignificantBits() ^ (31 * topic.getLeastSignificantBits()) ^ record.partition();
        return new MessageId(new UUID(place, record.offset()));
    }
}
