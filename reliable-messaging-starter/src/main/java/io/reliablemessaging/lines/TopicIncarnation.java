package io.reliablemessaging.lines;

import io.reliablemessaging.lines.OffsetSpan.Committable;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * A topic of a name, told by its id: a topic that is deleted and created again has another id, and its offsets start anew.
 * Offsets are committed with the id, because Kafka stores them by the topic's name.
 *
 * @param id the cluster's id of the topic
 */
public record TopicIncarnation(Uuid id) {

    private static final String TOPIC = "rm-topic-id=";
    private static final String EPOCH = " rm-epoch=";
    private static final Pattern COMMIT = Pattern.compile(TOPIC + "(\\S+)(?:" + EPOCH + "(\\d{1,9}))?");

    /**
     * Creates the commit of an offset of this topic. The epoch goes into the metadata text, not into Kafka's own field: a
     * consumer that finds a former topic's epoch there treats all metadata of the new topic as outdated and waits for ever.
     */
    public OffsetAndMetadata toCommit(Committable offset) {
        String epoch = offset.epoch().isPresent() ? EPOCH + offset.epoch().getAsInt() : "";
        return new OffsetAndMetadata(offset.offset(), TOPIC + id + epoch);
    }

    /**
     * Tells whether a committed offset belongs to an earlier topic of this name, so that the partition must be read from its
     * start. An offset without an id (of another tool, or of an earlier version) belongs to this topic.
     */
    public boolean isOfAnother(@Nullable OffsetAndMetadata committed) {
        Matcher text = committed == null ? null : COMMIT.matcher(committed.metadata());
        return text != null && text.matches() && !id.toString().equals(text.group(1));
    }

    /**
     * Returns where to go on in this topic after a commit, with its epoch, by which the consumer notices that the broker has
     * lost records before it. Empty if the commit has no epoch or belongs to another topic.
     */
    public Optional<OffsetAndMetadata> resumeAt(@Nullable OffsetAndMetadata committed) {
        Matcher text = committed == null ? null : COMMIT.matcher(committed.metadata());
        if (committed == null
                || text == null
                || !text.matches()
                || text.group(2) == null
                || !id.toString().equals(text.group(1))) {
            return Optional.empty();
        }
        return Optional.of(new OffsetAndMetadata(committed.offset(), Optional.of(Integer.valueOf(text.group(2))), ""));
    }
}
