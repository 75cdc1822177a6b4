package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.Schema;
import java.util.Arrays;
import java.util.Set;
import java.util.UUID;

/** What instances say to each other by NOTIFY: committed messages wait in these lanes. */
public final class LaneNotice {

    /** What an instance says to itself, to see whether it hears. */
    public static final String PROOF = "";

    /** What an instance says to all when it has freed lanes, or is new: whoever may take some, or has too many, renews at once. */
    public static final String SHARES = "shares";

    /** Stands beside the lanes where some of the messages are delayed. */
    static final String DELAYED = "delayed";

    // the longest name that PostgreSQL takes
    private static final int LONGEST = 63;

    private LaneNotice() {}

    /** Name of the channel of all: one for each application's schema. Instances of earlier versions hear no other. */
    public static String channel(Schema schema) {
        String name = "rm_" + schema.name();
        return name.substring(0, Math.min(name.length(), LONGEST));
    }

    /** Name of the channel of one instance. */
    public static String channel(UUID instance) {
        return "rm_" + instance.toString().replace("-", "");
    }

    /** Whether it concerns the owner of these lanes. What cannot be read concerns everybody: a look in vain is cheap. */
    public static boolean concerns(String payload, Set<Integer> owned) {
        try {
            return Arrays.stream(payload.split(",", -1)).map(Integer::valueOf).anyMatch(owned::contains);
        } catch (NumberFormatException e) {
            return true;
        }
    }

    /** Whether some of the messages are delayed. */
    public static boolean hasDelayed(String payload) {
        return payload.endsWith(DELAYED);
    }
}
