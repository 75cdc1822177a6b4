package io.reliablemessaging.hostile;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.reliablemessaging.hostile.HostileRecord.Fate;
import io.reliablemessaging.hostile.HostileTopic.Place;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** What was written into a topic, by the place where it is, and what must be handled of it. */
final class Written {

    final Map<Place, HostileRecord> hostile = new LinkedHashMap<>();
    /** Places of the messages that must be handled, by key and in order. */
    final Map<String, List<Place>> effects = new LinkedHashMap<>();

    /** How many were sent before a hostile one of their key, and fail. */
    int blockers;

    private Written() {}

    /** One record that was sent. */
    @SuppressWarnings("ArrayRecordComponent") // carried, never compared
    private record Sending(@Nullable HostileRecord hostile, byte @Nullable [] key, HostileTopic.Sent sent) {}

    /**
     * Writes hostile records amid good ones: behind each a good one of its key, and one of another key.
     *
     * @param parked whether there is a message of the same key before each that fails until it is told not to
     */
    static Written into(HostileTopic topic, List<HostileRecord> all, boolean parked) {
        List<Sending> sending = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            HostileRecord each = all.get(i);
            byte[] key = each.key();
            if (parked && key != null) {
                sending.add(new Sending(null, key, topic.good(key, HostileHost.BLOCKER)));
            }
            sending.add(new Sending(each, key, topic.write(each)));
            sending.add(new Sending(null, key, topic.good(key)));
            byte[] other = ("good " + i % 10).getBytes(UTF_8);
            sending.add(new Sending(null, other, topic.good(other)));
        }
        Written written = new Written();
        written.blockers =
                parked ? (int) all.stream().filter(each -> each.key() != null).count() : 0;
        sending.forEach(written::add);
        return written;
    }

    private void add(Sending sending) {
        Place place;
        try {
            place = sending.sent.place();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException("Kafka does not take " + sending.hostile, e);
        }
        if (sending.hostile != null) {
            hostile.put(place, sending.hostile);
        }
        if (sending.hostile == null || sending.hostile.fate() == Fate.HANDLED) {
            // without a key, nothing is in order
            String line = sending.key == null ? place.toString() : Arrays.toString(sending.key);
            effects.computeIfAbsent(line, any -> new ArrayList<>()).add(place);
        }
    }

    /** How many must be handled. */
    int count() {
        return effects.values().stream().mapToInt(List::size).sum();
    }

    List<Place> dead() {
        return hostile.keySet().stream()
                .filter(place -> hostile.get(place).isDead())
                .toList();
    }

    String name(Place place) {
        HostileRecord record = hostile.get(place);
        return record == null ? "a good one at " + place : record.name();
    }
}
