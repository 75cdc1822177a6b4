package io.reliablemessaging;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one listener that are parked or dead because of the same fault, as far as can be told: their last failures had
 * the same root cause, thrown at the same place in the application. {@link DeadLetterQuery#fingerprint(String)}, with group and
 * topic, selects them.
 *
 * @param fingerprint the fault, as 16 hex digits; {@link #NO_FINGERPRINT} for the failures of the listener that an earlier release has stored
 * @param group consumer group that failed; group and topic together are one listener
 * @param topic topic they were read from
 * @param errorClass class of the root cause, without generated parts; null for {@link #NO_FINGERPRINT}
 * @param frame class and method in the application where the root cause was thrown or passed first, without line number and generated parts;
 *     null if its stack trace shows none
 * @param errorMessage what the exception of one of the messages says
 * @param firstSeen when a message first failed so
 * @param lastSeen when a message last failed so; up to two minutes may be missing
 * @param firstVersion version of the application that first failed so; null if it is not known
 * @param lastVersion version of the application that last failed so; null if it is not known
 * @param failures about how many failures there were, those of messages that are handled now included; 0 if that is not known
 * @param dead how many of the messages are dead letters; 10,000 at most
 * @param moreDead whether there are more dead letters than were counted
 * @param waiting how many of the messages are parked; 10,000 at most
 * @param moreWaiting whether there are more parked messages than were counted
 */
public record FailureGroup(
        String fingerprint,
        String group,
        String topic,
        @Nullable String errorClass,
        @Nullable String frame,
        @Nullable String errorMessage,
        Instant firstSeen,
        Instant lastSeen,
        @Nullable String firstVersion,
        @Nullable String lastVersion,
        long failures,
        long dead,
        boolean moreDead,
        long waiting,
        boolean moreWaiting) {

    /** The fingerprint of a group of failures that have none. */
    public static final String NO_FINGERPRINT = "none";
}
