package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxReader;
import io.reliablemessaging.outbox.OutboxReader.Head;
import io.reliablemessaging.outbox.OutboxReader.Heads;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.outbox.ServerIdentity;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is next in our lanes: each lane's first rows, from its floor and without what is in flight. Opens its connection when
 * it needs one, and a new one after trouble.
 */
final class Intake {

    private static final Long[] NONE = {};

    private final Supplier<OutboxReader> readers;
    private final Quotas quotas = new Quotas();
    private Floors floors = new Floors();
    private @Nullable OutboxReader reader;

    /**
     * What was read.
     *
     * @param rows in lane and id order
     * @param more whether there is more to read at once
     */
    record Batch(List<OutboxRecord> rows, boolean more) {}

    Intake(Supplier<OutboxReader> readers) {
        this.readers = readers;
    }

    /** The server that the next reading is of. */
    ServerIdentity server() {
        return open().server();
    }

    Batch next(Set<Integer> lanes, InFlight inFlight, List<String> heldTopics) {
        OutboxReader open = open();
        boolean ripe = heldTopics.isEmpty() && floors.ripe(open, lanes);
        List<Head> heads = quotas.heads(lanes, floors, inFlight.freeRows(), inFlight.freeBytes());
        Heads read = open.heads(heads, inFlight.ids(lanes), heldTopics, inFlight.freeBytes());
        List<OutboxRecord> rows = read.rows();
        floors.seen(rows);
        if (ripe) {
            // what is left of a lane that was cut is not known
            Set<Integer> whole = new HashSet<>(lanes);
            whole.removeAll(read.cut());
            floors.raise(whole, rows, inFlight);
        }
        return new Batch(rows, quotas.learn(heads, rows) || !read.cut().isEmpty());
    }

    /** The first row of each lane, when nothing is in flight. */
    List<OutboxRecord> firsts(Collection<Integer> lanes, List<String> heldTopics) {
        List<Head> heads =
                lanes.stream().map(lane -> new Head(lane, 1, floors.of(lane))).toList();
        return open().heads(heads, NONE, heldTopics, new InFlight().freeBytes()).rows();
    }

    /** Rows have been deleted. */
    void gone(int rows) {
        floors.gone(rows);
    }

    /** Only these lanes are read from now on. */
    void retain(Set<Integer> lanes) {
        floors.retain(lanes);
    }

    private OutboxReader open() {
        if (reader == null) {
            reader = readers.get();
            floors = new Floors();
        }
        return reader;
    }

    void close() {
        if (reader != null) {
            reader.close();
            reader = null;
        }
    }
}
