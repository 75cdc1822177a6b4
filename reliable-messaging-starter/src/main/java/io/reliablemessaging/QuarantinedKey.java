package io.reliablemessaging;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A key whose messages wait in quarantine.
 *
 * @param topic topic they were to go to
 * @param key their key, as {@link OutboxQuarantine} shows keys; messages without one are listed together, though each waits for itself
 * @param messages how many wait
 * @param first id of the message at the head
 * @param errorClass class of the producer's exception
 * @param errorMessage what it said
 * @param since when the first was quarantined
 * @param released whether they are about to be sent again
 */
public record QuarantinedKey(
        String topic,
        @Nullable String key,
        int messages,
        MessageId first,
        @Nullable String errorClass,
        @Nullable String errorMessage,
        Instant since,
        boolean released) {}
