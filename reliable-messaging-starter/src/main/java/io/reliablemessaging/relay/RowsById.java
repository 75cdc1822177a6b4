package io.reliablemessaging.relay;

import java.util.Arrays;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * What is known of rows of one lane, in the order of their ids. Made for rows that come in this order and go in nearly the same:
 * adding is then an append, and finding one is a search among neighbours in memory, which a tree's are not. Of one thread.
 *
 * @param <T> what is known of a row
 */
final class RowsById<T> {

    private static final int FIRST_CAPACITY = 16;

    // ids[from] to ids[to - 1] ascend; a row that was removed leaves its id, without a value, until there is no room
    private long[] ids = new long[FIRST_CAPACITY];
    private @Nullable Object[] values = new @Nullable Object[FIRST_CAPACITY];
    private int from;
    private int to;
    private int count;

    /** Adds a row; returns false, and changes nothing, if it is there. */
    boolean add(long id, T value) {
        int place = to > from && ids[to - 1] >= id ? Arrays.binarySearch(ids, from, to, id) : -to - 1;
        if (place >= 0) {
            if (values[place] != null) {
                return false;
            }
            values[place] = value;
        } else {
            insert(-place - 1, id, value);
        }
        count++;
        return true;
    }

    private void insert(int place, long id, T value) {
        int at = place;
        if (to == ids.length) {
            at -= rowsWithoutValueBefore(place);
            makeRoom();
        }
        System.arraycopy(ids, at, ids, at + 1, to - at);
        System.arraycopy(values, at, values, at + 1, to - at);
        ids[at] = id;
        values[at] = value;
        to++;
    }

    private int rowsWithoutValueBefore(int place) {
        return from
                + (int) IntStream.range(from, place)
                        .filter(i -> values[i] == null)
                        .count();
    }

    // forgets what was removed; at least half of the places are free afterwards
    private void makeRoom() {
        int capacity = Math.max(FIRST_CAPACITY, 2 * count);
        long[] keptIds = new long[capacity];
        @Nullable Object[] keptValues = new @Nullable Object[capacity];
        int kept = 0;
        for (int i = from; i < to; i++) {
            if (values[i] != null) {
                keptIds[kept] = ids[i];
                keptValues[kept++] = values[i];
            }
        }
        ids = keptIds;
        values = keptValues;
        from = 0;
        to = kept;
    }

    /** Removes a row, and returns what was known of it; null if it is not there. */
    @Nullable
    T remove(long id) {
        int place = Arrays.binarySearch(ids, from, to, id);
        T removed = place < 0 ? null : value(place);
        if (removed == null) {
            return null;
        }
        values[place] = null;
        count--;
        while (from < to && values[from] == null) {
            from++;
        }
        if (from == to) {
            from = 0;
            to = 0;
        }
        return removed;
    }

    boolean contains(long id) {
        int place = Arrays.binarySearch(ids, from, to, id);
        return place >= 0 && values[place] != null;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /**
     * Ids in ascending order.
     *
     * @param after above this one
     * @param last up to this one
     * @param wanted of rows of which this is known
     */
    LongStream ids(long after, long last, Predicate<T> wanted) {
        int above = Arrays.binarySearch(ids, from, to, after);
        return IntStream.range(above < 0 ? -above - 1 : above + 1, to)
                .takeWhile(place -> ids[place] <= last)
                .filter(place -> {
                    T value = value(place);
                    return value != null && wanted.test(value);
                })
                .mapToLong(place -> ids[place]);
    }

    @SuppressWarnings("unchecked") // only T are put there
    private @Nullable T value(int place) {
        return (T) values[place];
    }
}
