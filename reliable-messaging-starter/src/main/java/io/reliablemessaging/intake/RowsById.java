package io.reliablemessaging.intake;

import java.util.Arrays;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Maps rows of one lane, in the order of their ids, to values. Made for rows that come in this order and go in nearly
 * the same: an add is an append, and a search stays among neighbours in memory, unlike in a tree. Used by one thread.
 *
 * @param <T> the value of a row
 */
final class RowsById<T> {

    private static final int FIRST_CAPACITY = 16;

    // ids[from] to ids[to - 1] ascend; a removed row leaves its id, without a value, until room is needed
    private long[] ids = new long[FIRST_CAPACITY];
    private @Nullable Object[] values = new @Nullable Object[FIRST_CAPACITY];
    private int from;
    private int to;
    private int count;

    /** Adds a row; returns false, and changes nothing, if it exists. */
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

    // drops removed rows; at least half of the places are free afterwards
    private void makeRoom() {
        int capacity = Math.max(FIRST_CAPACITY, 2 * count);
        long[] compactIds = new long[capacity];
        @Nullable Object[] compactValues = new @Nullable Object[capacity];
        int used = 0;
        for (int i = from; i < to; i++) {
            if (values[i] != null) {
                compactIds[used] = ids[i];
                compactValues[used++] = values[i];
            }
        }
        ids = compactIds;
        values = compactValues;
        from = 0;
        to = used;
    }

    /** Removes a row and returns its value; null if it does not exist. */
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
     * Returns ids in ascending order.
     *
     * @param after lower limit, exclusive
     * @param last upper limit, inclusive
     * @param wanted selects rows by their value
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
