package io.reliablemessaging.lanes;

import io.reliablemessaging.schema.Schema;
import java.util.Arrays;
import java.util.Set;
import java.util.UUID;

/**
 * Payloads and channels of the notices that instances send to each other by NOTIFY. A notice names the lanes in which
 * committed messages wait.
 */
public final class LaneNotice {

    /** Payload of a notice that an instance sends to itself, to check that LISTEN works. */
    public static final String PROOF = "";

    /**
     * Payload of the notice to all when an instance has freed lanes or is new: instances that may take lanes, or have
     * too many, renew at once.
     */
    public static final String SHARES = "shares";

    /** Appended to the lanes if some of the messages are delayed. */
    static final String DELAYED = "delayed";

    // longest name that PostgreSQL allows
    private static final int LONGEST = 63;

    private LaneNotice() {}

    /**
     * Returns the name of the shared channel: one for each application's schema. Instances of earlier versions listen
     * to no other.
     */
    public static String channel(Schema schema) {
        String name = "rm_" + schema.name();
        return name.substring(0, Math.min(name.length(), LONGEST));
    }

    /** Returns the name of the channel of one instance. */
    public static String channel(UUID instance) {
        return "rm_" + instance.toString().replace("-", "");
    }

    /**
     * Returns whether a notice concerns the owner of these lanes. An unreadable one concerns every owner: an unneeded
     * read is cheap.
     */
    public static boolean concerns(String payload, Set<Integer> owned) {
        try {
            return Arrays.stream(payload.split(",", -1)).map(Integer::valueOf).anyMatch(owned::contains);
        } catch (NumberFormatException e) {
            return true;
        }
    }

    /** Returns whether some of the announced messages are delayed. */
    public static boolean hasDelayed(String payload) {
        return payload.endsWith(DELAYED);
    }
}
