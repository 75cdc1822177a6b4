package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.Schema;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What one instance says to the others by NOTIFY: committed messages wait in these lanes.
 *
 * @param lanes the lanes
 */
public record LaneNotice(Set<Integer> lanes) {

    // the longest name that PostgreSQL takes
    private static final int LONGEST = 63;

    /** Name of the channel, one for each application's schema. */
    public static String channel(Schema schema) {
        String name = "rm_" + schema.name();
        return name.substring(0, Math.min(name.length(), LONGEST));
    }

    String payload() {
        return new TreeSet<>(lanes).stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    /** Whether it concerns the owner of these lanes. What cannot be read concerns everybody: a look in vain is cheap. */
    public static boolean concerns(String payload, Set<Integer> owned) {
        try {
            return Arrays.stream(payload.split(",", -1)).map(Integer::valueOf).anyMatch(owned::contains);
        } catch (NumberFormatException e) {
            return true;
        }
    }
}
