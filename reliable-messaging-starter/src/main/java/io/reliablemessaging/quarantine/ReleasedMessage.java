package io.reliablemessaging.quarantine;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A released message in quarantine, without its payload.
 *
 * @param lane lane whose owner sends it
 * @param id place in the lane
 * @param messageId the message
 * @param topic its topic
 * @param key its key, or null if it has none
 * @param bytes its size
 */
@SuppressWarnings("ArrayRecordComponent")
public record ReleasedMessage(int lane, long id, UUID messageId, String topic, byte @Nullable [] key, long bytes) {}
