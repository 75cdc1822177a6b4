package io.reliablemessaging.lines;

import static io.reliablemessaging.lines.Records.PARTITION;
import static io.reliablemessaging.lines.Records.records;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.lines.PartitionLines.Start;
import io.reliablemessaging.support.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** Who may run a line, in whatever order work is taken, answered, held and woken. */
class PartitionLinesTests {

    private static final LineRule BY_KEY = new LineRule(Ordering.KEY, TransactionMode.RECORD, 16);
    private static final LineRule SHARED = new LineRule(Ordering.KEY, TransactionMode.BATCH, 1);
    private static final LineRule IN_ORDER = new LineRule(Ordering.PARTITION, TransactionMode.RECORD, 16);
    private static final Start START = new Start(Uuid.ONE_UUID, 0, 0, Set.of());

    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private final MemoryBudget.Account memory = budget.open();
    private final PartitionLines lines = lines(START);

    private PartitionLines lines(Start start) {
        return new PartitionLines(PARTITION, 0, start, BY_KEY, memory);
    }

    @Test
    void aPartitionInWhichSomethingRunsIsNotClosed() {
        KeyLine line = line("a", "b");
        assertThat(lines.take(line, 1)).hasSize(1);
        assertThat(lines.closeIfIdle()).isFalse();
        long wait = lines.suspend(line);
        assertThat(lines.wake(line, wait)).isTrue();
        assertThat(lines.closeIfIdle()).isTrue();
        assertThat(lines.take(line, 1)).isEmpty();
        assertThat(lines.finishedBefore()).as("read again from here").isZero();
        assertThat(budget.bytes()).isZero();
    }

    @Test
    void aRecordThatIsADuplicateIsFinishedWhenItIsRead() {
        List<KeyLine> toRun = lines.add(records(0, "a", "a", "b"), Set.of(0L, 2L));
        assertThat(toRun).hasSize(1);
        assertThat(lines.unfinished()).isEqualTo(1);
        assertThat(lines.finishedBefore()).isEqualTo(1);
        finishFirst(toRun.get(0));
        assertThat(lines.finishedBefore()).isEqualTo(3);
    }

    @Test
    void recordsOfAKeyShareALineInTheirOrder() {
        List<KeyLine> toRun = lines.add(records(0, "a", "b", "a"));
        assertThat(toRun).hasSize(2);
        assertThat(offsets(lines.take(toRun.get(0), 10))).containsExactly(0L, 2L);
        assertThat(offsets(lines.take(toRun.get(1), 10))).containsExactly(1L);
    }

    @Test
    void aLineIsHandedOutToOneAtATime() {
        KeyLine line = line("a", "a");
        assertThat(lines.take(line, 1)).hasSize(1);
        assertThat(lines.take(line, 1)).isEmpty();
        assertThat(lines.add(records(2, "a"))).isEmpty();
        assertThat(lines.take(line, 1)).isEmpty();
    }

    @Test
    void aLineThatIsHeldIsNotRunAndWokenOnce() {
        KeyLine line = line("a");
        lines.take(line, 1);
        long wait = lines.suspend(line);
        assertThat(lines.take(line, 1)).isEmpty();
        assertThat(lines.add(records(1, "a"))).isEmpty();
        assertThat(lines.wake(line, wait)).isTrue();
        assertThat(lines.wake(line, wait)).isFalse();
        assertThat(offsets(lines.take(line, 1))).containsExactly(0L);
    }

    @Test
    void aWaitThatIsOverHasNoSayInTheNextOne() {
        KeyLine line = line("a");
        lines.take(line, 1);
        long first = lines.suspend(line);
        lines.wake(line, first);
        lines.take(line, 1);
        long second = lines.suspend(line);
        assertThat(lines.wake(line, first)).isFalse();
        assertThat(lines.wake(line, second)).isTrue();
    }

    @Test
    void whoWasHeldCannotContinueItsRun() {
        KeyLine line = line("a");
        LineEntry entry = lines.take(line, 1).get(0);
        lines.suspend(line);
        assertThatThrownBy(() -> lines.finish(line, entry)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> lines.proceed(line)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anAbandonedRunAnswersInVainAndItsRecordsAreRunInTheirOrder() throws Exception {
        KeyLine line = line("a", "a");
        List<LineEntry> entries = lines.take(line, 1);
        KeyLine next = lines.abandon(line).get(0);
        assertThat(lines.abandon(line)).isEmpty();
        assertThat(lines.isAbandoned(line)).isTrue();
        assertThat(lines.awaitIdle(Duration.ZERO)).isTrue(); // nobody waits for it when the partition is handed over
        lines.finish(line, entries.get(0));
        assertThat(lines.proceed(line)).isFalse();
        assertThat(lines.wake(line, lines.suspend(line))).isFalse();
        assertThat(lines.take(line, 1)).isEmpty();
        assertThat(lines.finishedBefore()).isZero();
        assertThat(lines.add(records(2, "a"))).isEmpty();
        assertThat(offsets(lines.take(next, 5))).containsExactly(0L, 1L, 2L);
        lines.finish(next, entries.get(0));
        assertThat(lines.finishedBefore()).isEqualTo(1);
    }

    @Test
    void anAbandonedRunOfAPartitionThatWasClosedIsForgotten() {
        KeyLine line = line("a");
        lines.take(line, 1);
        lines.close();
        assertThat(lines.abandon(line)).isEmpty();
        assertThat(lines.proceed(line)).isFalse();
    }

    @Test
    void aFinishedRecordIsTheFirstOfItsKey() {
        KeyLine line = line("a", "a");
        List<LineEntry> both = lines.take(line, 2);
        assertThatThrownBy(() -> lines.finish(line, both.get(1))).isInstanceOf(IllegalStateException.class);
    }

    /** As where messages share a transaction: one that waits holds no other key. */
    @Test
    void aRecordOfAnotherKeyMayBeFinishedBeforeTheFirst() {
        PartitionLines shared = new PartitionLines(PARTITION, 0, START, SHARED, memory);
        KeyLine line = shared.add(records(0, "a", "b", "a")).get(0);
        List<LineEntry> all = shared.take(line, 3);
        shared.finish(line, all.get(1));
        assertThatThrownBy(() -> shared.finish(line, all.get(2))).isInstanceOf(IllegalStateException.class);
        shared.wake(line, shared.suspend(line));
        assertThat(offsets(shared.take(line, 3))).containsExactly(0L, 2L);
    }

    @Test
    void manyBehindAMessageThatIsTriedAgainKeepNoOtherKeyOfTheirLineWaiting() {
        PartitionLines shared = new PartitionLines(PARTITION, 0, START, SHARED, memory);
        KeyLine line = shared.add(records(0, "a", "a", "a", "b", "b", "a")).get(0);
        LineEntry first = shared.take(line, 2).get(0);
        first.markRetried();
        shared.wake(line, shared.suspend(line));
        List<LineEntry> next = shared.take(line, 2);
        assertThat(offsets(next)).containsExactly(0L, 3L);
        shared.finish(line, next.get(1));
        shared.wake(line, shared.suspend(line));
        List<LineEntry> last = shared.take(line, 10);
        assertThat(offsets(last)).containsExactly(0L, 4L);
        last.forEach(entry -> shared.finish(line, entry));
        shared.proceed(line);
        assertThat(offsets(shared.take(line, 10))).containsExactly(1L, 2L, 5L);
    }

    @Test
    void anEmptyLineIsGoneAndTheNextRecordOfItsKeyMakesAnother() {
        KeyLine line = line("a");
        finishFirst(line);
        assertThat(lines.proceed(line)).isFalse();
        assertThat(lines.add(records(1, "a"))).hasSize(1).doesNotContain(line);
    }

    @Test
    void aLineWithMoreRecordsIsRunAgain() {
        KeyLine line = line("a", "a");
        finishFirst(line);
        assertThat(lines.proceed(line)).isTrue();
        assertThat(offsets(lines.take(line, 1))).containsExactly(1L);
    }

    @Test
    void finishedRecordsAreForgottenThoughAnEarlierOneIsNotFinished() {
        List<KeyLine> toRun = lines.add(records(0, "a", "b"));
        long both = memory.bytes();
        finishFirst(toRun.get(1));
        assertThat(memory.bytes()).isEqualTo(both / 2);
        assertThat(lines.unfinished()).isEqualTo(1);
        assertThat(lines.uncommittedSpan()).isEqualTo(2);
        assertThat(lines.toCommit()).isNull();
    }

    @Test
    void aClosedPartitionDropsWhatWaitsAtOnce() {
        KeyLine line = lines.add(records(0, "a", "a", "b")).get(0);
        LineEntry running = lines.take(line, 1).get(0);
        lines.close();
        assertThat(memory.bytes()).isZero();
        assertThat(lines.unfinished()).isZero();
        lines.finish(line, running);
        assertThat(lines.proceed(line)).isFalse();
        assertThat(memory.bytes()).isZero();
        assertThat(lines.toCommit().offset()).isEqualTo(1);
        assertThat(lines.add(records(3, "c"))).isEmpty();
    }

    @Test
    void aLineOfAClosedPartitionIsNeverWoken() {
        KeyLine line = line("a");
        lines.take(line, 1);
        long wait = lines.suspend(line);
        lines.close();
        assertThat(lines.wake(line, wait)).isFalse();
    }

    @Test
    void waitsForWhatRunsAndNotForWhatIsHeld() throws Exception {
        List<KeyLine> toRun = lines.add(records(0, "a", "b"));
        lines.take(toRun.get(0), 1);
        lines.suspend(toRun.get(0));
        lines.take(toRun.get(1), 1);
        assertThat(lines.awaitIdle(Duration.ZERO)).isFalse();
        CompletableFuture<Void> finishing = CompletableFuture.runAsync(() -> lines.proceed(toRun.get(1)), Threads.NEW);
        assertThat(lines.awaitIdle(Duration.ofMinutes(1))).isTrue();
        finishing.join();
    }

    @Test
    void suspectsShareOneLineWithAllThatFollowUntilItIsEmpty() {
        PartitionLines lines = lines(new Start(Uuid.ONE_UUID, 2, 0, Set.of()));
        List<KeyLine> toRun = lines.add(records(0, "a", "b", "a", "c"));
        assertThat(toRun).hasSize(1);
        List<LineEntry> all = lines.take(toRun.get(0), 10);
        assertThat(offsets(all)).containsExactly(0L, 1L, 2L, 3L);
        all.forEach(entry -> lines.finish(toRun.get(0), entry));
        assertThat(lines.proceed(toRun.get(0))).isFalse();
        assertThat(lines.add(records(4, "a", "b"))).hasSize(2);
    }

    @Test
    void leavesOutWhatAPersonHasSkipped() {
        PartitionLines lines = lines(new Start(Uuid.ONE_UUID, 0, 0, Set.of(0L, 1L)));
        List<KeyLine> toRun = lines.add(records(0, "a", "a", "a"));
        assertThat(offsets(lines.take(toRun.get(0), 10))).containsExactly(2L);
        assertThat(lines.toCommit().offset()).isEqualTo(2);
    }

    @Test
    void aPartitionIsStuckWhileNoneOfItsLinesCouldBeBegun() {
        assertThat(stuck()).as("nothing is there").isFalse();
        List<KeyLine> toRun = lines.add(records(0, "a", "a", "b"));
        assertThat(stuck()).as("both are ready").isFalse();
        LineEntry first = lines.take(toRun.get(0), 1).get(0);
        assertThat(stuck()).as("b is ready").isFalse();
        finishFirst(toRun.get(1));
        assertThat(stuck()).isTrue();
        lines.proceed(toRun.get(1));
        assertThat(stuck()).isTrue();
        KeyLine other = lines.add(records(3, "a", "c")).get(0);
        assertThat(stuck()).as("c is ready").isFalse();
        lines.take(other, 1);
        assertThat(stuck()).isTrue();
        lines.finish(toRun.get(0), first);
        lines.proceed(toRun.get(0));
        assertThat(stuck()).as("a goes on").isFalse();
    }

    /** As a message that is tried again while it stays in its line. */
    @Test
    void aPartitionWhoseLinesWaitIsStuckUntilOneIsWoken() {
        KeyLine line = line("a", "a");
        lines.take(line, 1);
        long wait = lines.suspend(line);
        assertThat(stuck()).isTrue();
        lines.wake(line, wait);
        assertThat(stuck()).isFalse();
        lines.wake(line, wait);
        lines.take(line, 1);
        assertThat(stuck()).isTrue();
    }

    @Test
    void readingOnHelpsNoPartitionThatHasAllTheLinesItMayHave() {
        for (LineRule rule : List.of(SHARED, IN_ORDER)) {
            PartitionLines one = new PartitionLines(PARTITION, 0, START, rule, memory);
            one.add(records(0, "a", "b")).forEach(line -> one.take(line, 1));
            assertThat(one.load().stuck()).as(rule.toString()).isFalse();
        }
        PartitionLines careful = lines(new Start(Uuid.ONE_UUID, 1, 0, Set.of()));
        careful.add(records(0, "a", "b")).forEach(line -> careful.take(line, 1));
        assertThat(careful.load().stuck()).as("all share the line of suspects").isFalse();
    }

    @Test
    void countsWhatIsUnfinishedAndItsMemory() {
        KeyLine line = line("a", "a", "b");
        assertThat(lines.load().unfinished()).isEqualTo(3);
        assertThat(lines.load().bytes()).isEqualTo(memory.bytes()).isPositive();
        finishFirst(line);
        assertThat(lines.load().unfinished()).isEqualTo(2);
        assertThat(lines.load().bytes()).isEqualTo(memory.bytes()).isPositive();
        lines.close();
        assertThat(lines.load()).isEqualTo(new PartitionLoad(0, 2, 0, false));
    }

    @Test
    void namesTheFirstMessageAndTheOneInFrontOfMost() {
        assertThat(lines.first()).isEmpty();
        List<KeyLine> toRun = lines.add(records(0, "a", "b", "b", "b"));
        SlowMessage slow = lines.inFrontOfMost().orElseThrow();
        assertThat(slow.offset()).isEqualTo(1);
        assertThat(slow.behind()).isEqualTo(2);
        assertThat(slow.bytes()).isBetween(1L, memory.bytes() - 1);
        assertThat(slow.key()).isEqualTo("key hash 3e23e816"); // sha256 of b
        assertThat(lines.first().orElseThrow().offset()).isZero();
        finishFirst(toRun.get(0));
        lines.proceed(toRun.get(0));
        finishFirst(toRun.get(1));
        assertThat(lines.first().orElseThrow().offset()).isEqualTo(2);
        assertThat(lines.inFrontOfMost().orElseThrow().behind()).isEqualTo(1);
    }

    private boolean stuck() {
        return lines.load().stuck();
    }

    /** Many threads, each line held, woken and run in random ways: no line is run twice at once, none out of order or lost. */
    @Test
    void everyRecordIsRunOnceAndInOrderWhateverIsHeldAndWoken() {
        Map<Object, List<Long>> handled = new HashMap<>();
        int keys = 5;
        int each = 200;
        List<CompletableFuture<Void>> running = new ArrayList<>();
        for (int i = 0; i < keys * each; i++) {
            for (KeyLine line : lines.add(records(i, "key" + i % keys))) {
                running.add(CompletableFuture.runAsync(() -> runRandomly(line, handled), Threads.NEW));
            }
        }
        while (lines.unfinished() > 0 || !running.stream().allMatch(CompletableFuture::isDone)) {
            CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
        }
        assertThat(handled.values().stream().mapToInt(List::size).sum()).isEqualTo((long) keys * each);
        assertThat(handled.values()).allSatisfy(offsets -> assertThat(offsets).isSorted());
        assertThat(lines.toCommit().offset()).isEqualTo((long) keys * each);
        assertThat(memory.bytes()).isZero();
        lines.add(records((long) keys * each, "next")).forEach(line -> lines.take(line, 1));
        assertThat(stuck()).as("no line is counted as ready that is not").isTrue();
    }

    private void runRandomly(KeyLine line, Map<Object, List<Long>> handled) {
        Random random = new Random();
        boolean again = true;
        while (again) {
            List<LineEntry> next = lines.take(line, 1 + random.nextInt(3));
            if (next.isEmpty()) {
                return;
            }
            if (random.nextInt(3) == 0) {
                long wait = lines.suspend(line);
                if (random.nextBoolean()) {
                    CompletableFuture.runAsync(() -> lines.wake(line, wait), Threads.NEW)
                            .join();
                } else {
                    lines.wake(line, wait);
                }
                again = !lines.wake(line, wait); // a second time says no: it is ours to run
                continue;
            }
            for (LineEntry entry : next) {
                synchronized (handled) {
                    handled.computeIfAbsent(line.key(), key -> new ArrayList<>())
                            .add(entry.record().offset());
                }
                lines.finish(line, entry);
            }
            again = lines.proceed(line);
        }
    }

    private KeyLine line(String... keys) {
        return lines.add(records(0, keys)).get(0);
    }

    private void finishFirst(KeyLine line) {
        lines.finish(line, lines.take(line, 1).get(0));
    }

    private static List<Long> offsets(List<LineEntry> entries) {
        return entries.stream().map(entry -> entry.record().offset()).toList();
    }
}
