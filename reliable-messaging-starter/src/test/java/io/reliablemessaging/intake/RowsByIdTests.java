package io.reliablemessaging.intake;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RowsByIdTests {

    private final RowsById<String> rows = new RowsById<>();

    @Test
    void aRowIsAddedOnceAndRemovedOnce() {
        assertThat(rows.add(7, "a")).isTrue();
        assertThat(rows.add(7, "b")).isFalse();
        assertThat(rows.contains(7)).isTrue();
        assertThat(rows.remove(7)).isEqualTo("a");
        assertThat(rows.remove(7)).isNull();
        assertThat(rows.contains(7)).isFalse();
        assertThat(rows.isEmpty()).isTrue();
    }

    @Test
    void idsAreInOrderWhateverTheOrderInWhichTheyCame() {
        for (long id : new long[] {5, 9, 3, 7, 1}) {
            rows.add(id, Long.toString(id));
        }
        assertThat(rows.ids(1, 7, value -> true)).containsExactly(3L, 5L, 7L);
        assertThat(rows.ids(2, 8, value -> !value.equals("5"))).containsExactly(3L, 7L);
        rows.remove(3);
        assertThat(rows.ids(Long.MIN_VALUE, Long.MAX_VALUE, value -> true)).containsExactly(1L, 5L, 7L, 9L);
    }

    @Test
    void aRowComesBackToItsPlace() {
        rows.add(1, "first");
        rows.add(2, "second");
        rows.add(3, "third");
        rows.remove(2);
        assertThat(rows.add(2, "again")).isTrue();
        assertThat(rows.ids(0, 3, value -> true)).containsExactly(1L, 2L, 3L);
        assertThat(rows.remove(2)).isEqualTo("again");
    }

    @Test
    void itIsWhatATreeWouldBe() {
        Random random = new Random(7);
        TreeMap<Long, String> tree = new TreeMap<>();
        long next = 1;
        for (int i = 0; i < 200_000; i++) {
            // mostly in order, and some that were committed late
            long id = random.nextInt(10) == 0 ? Math.max(1, next - random.nextInt(50)) : next++;
            String value = Integer.toString(i);
            assertThat(rows.add(id, value)).isEqualTo(tree.putIfAbsent(id, value) == null);
            while (tree.size() > (i % 1000 < 500 ? 30 : 3)) {
                long gone = random.nextInt(5) == 0 ? tree.lastKey() : tree.firstKey();
                assertThat(rows.remove(gone)).isEqualTo(tree.remove(gone));
            }
            if (i % 10 == 0) {
                long after = next - 5 - random.nextInt(50);
                assertThat(rows.ids(after, next - 5, kept -> true).boxed())
                        .containsExactlyElementsOf(
                                tree.subMap(after, false, next - 5, true).keySet());
            }
        }
        assertThat(rows.ids(Long.MIN_VALUE, Long.MAX_VALUE, value -> true).boxed())
                .containsExactlyElementsOf(tree.keySet());
        assertThat(tree.entrySet()).allMatch(row -> rows.remove(row.getKey()).equals(row.getValue()));
        assertThat(rows.isEmpty()).isTrue();
    }
}
