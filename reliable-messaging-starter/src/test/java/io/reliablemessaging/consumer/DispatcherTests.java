package io.reliablemessaging.consumer;

import static io.reliablemessaging.lines.Records.PARTITION;
import static io.reliablemessaging.lines.Records.records;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.when;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.delivery.DeliveryAnswer;
import io.reliablemessaging.delivery.DeliveryAnswer.AwaitOutage;
import io.reliablemessaging.delivery.DeliveryAnswer.Finished;
import io.reliablemessaging.delivery.DeliveryAnswer.Missing;
import io.reliablemessaging.delivery.DeliveryAnswer.RetryAfter;
import io.reliablemessaging.delivery.LiveMessage;
import io.reliablemessaging.lines.LineRule;
import io.reliablemessaging.lines.PartitionLines;
import io.reliablemessaging.lines.PartitionLines.Start;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whatever a delivery answers, records of a key are delivered in their order, and only what is finished is left. */
class DispatcherTests {

    private static final DeliveryAnswer DONE = new Finished(true, false);
    private static final DeliveryAnswer DUPLICATE = new Finished(false, true);
    private static final DeliveryAnswer SOON = new RetryAfter(Duration.ofMillis(5), true);
    private static final DeliveryAnswer MUCH_LATER = new RetryAfter(Duration.ofHours(1), true);

    private final List<LiveMessage> delivered = new CopyOnWriteArrayList<>();
    // by offset; what has none is done
    private final Map<Long, Queue<Object>> answers = new ConcurrentHashMap<>();
    private ScriptedListener listener = listener(TransactionMode.RECORD);

    private ScriptedListener listener(TransactionMode transaction) {
        ScriptedListener made = new ScriptedListener(transaction, 1);
        when(made.live.deliver(any())).thenAnswer(call -> answer(call.getArgument(0)));
        return made;
    }

    @AfterEach
    void close() {
        listener.close();
    }

    @Test
    void recordsOfAKeyAreDeliveredInTheirOrderAndFinished() {
        PartitionLines lines = run(new Start(Uuid.ONE_UUID, 0, 0, Set.of()), "a", "b", "a", "a", "b");
        await().until(() -> lines.finishedBefore() == 5);
        assertThat(offsetsOf(0, 2, 3)).containsExactly(0L, 2L, 3L);
        assertThat(offsetsOf(1, 4)).containsExactly(1L, 4L);
        assertThat(listener.running.count()).isZero();
    }

    @Test
    void aLongLineIsRunToItsEnd() {
        String[] keys = LongStream.range(0, 100).mapToObj(i -> "a").toArray(String[]::new);
        PartitionLines lines = run(keys);
        await().until(() -> lines.finishedBefore() == 100);
        assertThat(offsets())
                .containsExactlyElementsOf(LongStream.range(0, 100).boxed().toList());
    }

    @Test
    void whatIsDeliveredAgainHoldsItsKeyAndNoOther() {
        answer(0, SOON, SOON);
        PartitionLines lines = run("a", "a", "b");
        await().until(() -> lines.finishedBefore() == 3);
        assertThat(offsetsOf(0, 1)).containsExactly(0L, 0L, 0L, 1L);
        assertThat(offsetsOf(2)).containsExactly(2L);
    }

    @Test
    void whileARecordWaitsOtherKeysGoOn() {
        answer(0, MUCH_LATER);
        PartitionLines lines = run("a", "a", "b", "c");
        await().until(() -> lines.unfinished() == 2);
        assertThat(offsetsOf(0, 1)).containsExactly(0L);
        assertThat(lines.finishedBefore())
                .as("behind it nothing may be committed")
                .isZero();
    }

    @Test
    void whileThePersonsPauseIsOnNothingIsDeliveredNorRetriedAndThenAllGoesOnInOrder() {
        answer(0, SOON, SOON);
        listener.mayHandle.set(false);
        PartitionLines lines = run("a", "a", "b");
        await().until(() -> lines.load().stuck()); // its lines have had their turn, and wait
        assertThat(delivered).isEmpty();
        listener.mayHandle.set(true);
        await().until(() -> lines.finishedBefore() == 3);
        assertThat(offsetsOf(0, 1)).containsExactly(0L, 0L, 0L, 1L);
    }

    @Test
    void aPauseInTheMiddleOfALineLetsTheRunningHandlerEndAndStartsNoOther() {
        Supplier<DeliveryAnswer> paused = () -> {
            listener.mayHandle.set(false);
            return DONE;
        };
        answer(0, paused);
        PartitionLines lines = run("a", "a", "a");
        await().until(() -> lines.finishedBefore() == 1 && lines.closeIfIdle());
        assertThat(offsets()).containsExactly(0L);
    }

    @Test
    void duringAnOutageAllLinesWaitAndGoOnWithTheSameRecords() {
        answer(0, away(Missing.DATABASE));
        PartitionLines lines = run("a", "a", "b");
        await().until(() -> listener.database.isOn());
        assertThat(lines.finishedBefore()).isZero();
        listener.database.end();
        await().until(() -> lines.finishedBefore() == 3);
        assertThat(offsetsOf(0, 1)).containsExactly(0L, 0L, 1L);
        LiveMessage second = delivered.stream()
                .filter(message -> message.message().offset() == 0)
                .toList()
                .get(1);
        assertThat(second.outageFailures()).as("how often it was held").isEqualTo(1);
    }

    @Test
    void whatFailsUnexpectedlyIsNotFinished() {
        answer(0, new IllegalStateException("no delivery"));
        PartitionLines lines = run("a", "b");
        await().until(() -> lines.unfinished() == 1);
        await().until(() -> listener.running.count() == 0);
        assertThat(lines.finishedBefore()).isZero();
        assertThat(listener.fatal).isEmpty();
    }

    @Test
    void afterAnErrorNothingMoreIsDelivered() {
        Error error = new NoClassDefFoundError("Missing");
        answer(0, error);
        PartitionLines lines = run("a", "a", "b");
        await().until(() -> !listener.fatal.isEmpty());
        await().until(() -> listener.running.count() == 0);
        assertThat(listener.fatal).containsExactly(error);
        assertThat(offsets()).containsExactly(0L);
        assertThat(lines.finishedBefore()).isZero();
    }

    @Test
    void aDuplicateHasThePartitionReadAsOneThatWasReadBefore() {
        answer(0, DUPLICATE);
        PartitionLines lines = lines(new Start(Uuid.ONE_UUID, 0, 0, Set.of()));
        lines.noteNew();
        run(lines, "a");
        await().until(() -> lines.finishedBefore() == 1);
        assertThat(lines.mayBeReadAgain()).isTrue();
    }

    @Test
    void aSuspectIsOneUntilTheProcessHasSurvivedItsDelivery() {
        answer(0, away(Missing.DATABASE), SOON);
        PartitionLines lines = run(new Start(Uuid.ONE_UUID, 1, 0, Set.of()), "a", "b");
        await().until(() -> listener.database.isOn());
        listener.database.end();
        await().until(() -> lines.finishedBefore() == 2);
        assertThat(delivered.stream().filter(message -> message.message().offset() == 0))
                .extracting(LiveMessage::suspect)
                .containsExactly(true, true, false);
        assertThat(offsets()).as("all wait behind a suspect").containsExactly(0L, 0L, 0L, 1L);
    }

    @Test
    void recordsBelowTheHorizonAreNamedAsForgotten() {
        PartitionLines lines = run(new Start(Uuid.ONE_UUID, 0, 1, Set.of()), "a", "a");
        await().until(() -> lines.finishedBefore() == 2);
        assertThat(delivered).extracting(LiveMessage::forgotten).containsExactly(true, false);
    }

    @Test
    void whatIsDeliveredTogetherIsFinishedTogether() {
        batches();
        when(listener.batch.deliver(any(), any())).thenReturn(Optional.of(new Finished(true, false)));
        PartitionLines lines = run("a", "b", "a");
        await().until(() -> lines.finishedBefore() == 3);
        assertThat(delivered).isEmpty();
    }

    @Test
    void ofABatchThatFailsOnlyTheKeyOfTheFailureWaits() {
        batches();
        answer(0, MUCH_LATER);
        PartitionLines lines = run("a", "a", "b", "a", "c");
        await().until(() -> lines.unfinished() == 3);
        assertThat(offsets()).containsExactly(0L, 2L, 4L);
        assertThat(lines.finishedBefore()).isZero();
    }

    @Test
    void ofABatchThatIsDeliveredOneByOneNothingIsStartedDuringAPause() {
        batches();
        Supplier<DeliveryAnswer> paused = () -> {
            listener.mayHandle.set(false);
            return DONE;
        };
        answer(0, paused);
        PartitionLines lines = run("a", "b", "c");
        await().until(() -> lines.finishedBefore() == 1 && lines.closeIfIdle());
        assertThat(offsets()).containsExactly(0L);
    }

    @Test
    void ofABatchThatMeetsAnOutageNothingBehindItIsDelivered() {
        batches();
        answer(1, away(Missing.DATABASE));
        PartitionLines lines = run("a", "b", "c");
        await().until(() -> listener.database.isOn());
        await().until(() -> listener.running.count() == 0);
        assertThat(offsets()).containsExactly(0L, 1L);
        assertThat(lines.finishedBefore()).isEqualTo(1);
        listener.database.end();
        await().until(() -> lines.finishedBefore() == 3);
        assertThat(offsets()).containsExactly(0L, 1L, 1L, 2L);
    }

    /** Its transaction is gone, so what it meets says nothing any more. */
    @Test
    void anAbandonedRunHasItsSuccessorDeliverWhatIsLeftWhateverItAnswers() {
        PartitionLines lines = lines(new Start(Uuid.ONE_UUID, 0, 0, Set.of()));
        Supplier<DeliveryAnswer> overtaken = () -> {
            var runs = listener.running.longerThan(Duration.ofNanos(1));
            assertThat(listener.running.abandon(runs.get(0))).isTrue();
            return away(Missing.DATABASE);
        };
        answer(0, overtaken);
        run(lines, "a", "a");
        await().until(() -> lines.finishedBefore() == 2);
        assertThat(offsets()).containsExactly(0L, 0L, 1L);
        assertThat(listener.database.isOn()).isFalse();
    }

    private void batches() {
        listener.close();
        listener = listener(TransactionMode.BATCH);
    }

    private static AwaitOutage away(Missing missing) {
        return new AwaitOutage(missing, new IllegalStateException("away"));
    }

    private void answer(long offset, Object... inOrder) {
        answers.put(offset, new ArrayDeque<>(List.of(inOrder)));
    }

    private DeliveryAnswer answer(LiveMessage arrival) {
        delivered.add(arrival);
        Queue<Object> scripted = answers.get(arrival.message().offset());
        Object next = scripted == null ? null : scripted.poll();
        if (next instanceof RuntimeException exception) {
            throw exception;
        }
        if (next instanceof Error error) {
            throw error;
        }
        if (next instanceof Supplier<?> supplied) {
            next = supplied.get();
        }
        return next instanceof DeliveryAnswer answer ? answer : DONE;
    }

    private PartitionLines run(String... keys) {
        return run(new Start(Uuid.ONE_UUID, 0, 0, Set.of()), keys);
    }

    private PartitionLines run(Start start, String... keys) {
        PartitionLines lines = lines(start);
        run(lines, keys);
        return lines;
    }

    private void run(PartitionLines lines, String... keys) {
        new Dispatcher(listener.services).run(lines.add(records(0, keys)));
    }

    private PartitionLines lines(Start start) {
        return new PartitionLines(
                PARTITION,
                0,
                start,
                new LineRule(Ordering.KEY, listener.services.settings().transaction(), 1),
                listener.services.memory().open());
    }

    private List<Long> offsets() {
        return delivered.stream().map(message -> message.message().offset()).toList();
    }

    private List<Long> offsetsOf(long... wanted) {
        Set<Long> some = Set.copyOf(LongStream.of(wanted).boxed().toList());
        return offsets().stream().filter(some::contains).toList();
    }
}
