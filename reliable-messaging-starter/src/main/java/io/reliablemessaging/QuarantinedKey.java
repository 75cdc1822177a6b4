package io.reliablemessaging;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A key whose messages are in quarantine.
 *
 * @param topic topic they are meant for
 * @param key their key, as {@link OutboxQuarantine} shows keys; messages without a key are listed together, though each waits alone
 * @param messages how many wait
 * @param first id of the first message
 * @param errorClass class of the producer's exception
 * @param errorMessage message of that exception
 * @param since when the first message was quarantined
 * @param released whether a person has released them and they are about to be sent
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
