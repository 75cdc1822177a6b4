package io.reliablemessaging;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Says what a person or job did, to what, and why: one entry of table {@code operation_log}.
 *
 * @param id number of the entry; later entries have higher numbers
 * @param at when, by the database's clock
 * @param who the person or job that gave the command
 * @param action what was done, such as {@code redrive dead letter}
 * @param target what it was done to; for a message its topic, its group and its id
 * @param reason why, and for a redrive also how the message had failed; null if the command asks for no reason
 */
public record OperationLogEntry(
        long id,
        Instant at,
        String who,
        String action,
        String target,
        @Nullable String reason) {}
