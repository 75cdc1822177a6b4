package io.reliablemessaging.listener;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.listener.Delivered.Handled;
import io.reliablemessaging.listener.Delivered.Kept;
import io.reliablemessaging.listener.PartitionWork.Entry;
import io.reliablemessaging.wire.WireMessage;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Delivers the records of one listener: which together, which next, and when to wait. */
final class ListenerWork implements KeyQueue.Delivering, RecordLoop.Assignment {

    private static final Logger log = LoggerFactory.getLogger(ListenerWork.class);
    private static final int BATCH = 100;
    private static final Duration MOMENT = Duration.ofSeconds(1);

    private final ListenerSettings settings;
    private final Workers workers;
    private final Delays timer;
    private final Tools tools;
    private final Consumer<Error> fatal;
    private volatile boolean failed;

    /**
     * What it works with.
     *
     * @param live delivers one message
     * @param batch delivers several
     * @param identity says which message a record is
     * @param reports are told how it ended
     * @param deaths how consumers of a partition ended
     * @param permits limit the handlers of the application
     * @param database whether our database is away
     * @param remote whether something that the handler needs is away
     * @param remoteSigns of that
     */
    record Tools(
            LiveDelivery live,
            BatchDelivery batch,
            Identity identity,
            Reports reports,
            Deaths deaths,
            HandlerPermits permits,
            Outage database,
            Outage remote,
            RemoteOutage remoteSigns) {

        /** A message was delivered: what is needed for that is not away. */
        void delivered(LiveDelivery.Result result) {
            database.over();
            if (result.end() instanceof Handled) {
                works();
            } else if (result.attempt() > 0) {
                remote.over(); // the handler has an answer, if not the one it wanted
            }
        }

        void works() {
            database.over();
            remoteSigns.over();
            remote.over();
        }

        /** The message that a record is. */
        ReceivedMessage message(String group, ConsumerRecord<byte[], byte[]> record) {
            MessageId id = identity.of(record);
            WireMessage message =
                    new WireMessage(id, record.topic(), null, record.key(), record.value(), record.headers());
            return new ReceivedMessage(
                    group, message, record.partition(), record.offset(), identity.publishedAt(record));
        }
    }

    /**
     * Makes it.
     *
     * @param fatal is given an error that no other message may meet
     */
    ListenerWork(ListenerSettings settings, Workers workers, Delays timer, Tools tools, Consumer<Error> fatal) {
        this.settings = settings;
        this.workers = workers;
        this.timer = timer;
        this.tools = tools;
        this.fatal = fatal;
    }

    @Override
    public PartitionWork assigned(TopicPartition partition, long position) {
        tools.live().assigned();
        return new PartitionWork(
                partition,
                this::line,
                work -> new KeyQueue(work, this),
                tools.deaths().carefulBefore(partition, position));
    }

    @Override
    public void handedOver(TopicPartition partition) {
        tools.deaths().handedOver(partition);
    }

    /** What a record waits in line with. */
    private Object line(ConsumerRecord<byte[], byte[]> record) {
        if (settings.ordering() == Ordering.PARTITION) {
            return Ordering.PARTITION;
        }
        byte[] key = record.key();
        if (settings.transaction() == TransactionMode.BATCH) {
            // several keys share a line, so that there is something to put together
            long number = key == null ? record.offset() : ByteBuffer.wrap(key).hashCode();
            return Math.floorMod(number, settings.concurrency());
        }
        return key == null ? record.offset() : ByteBuffer.wrap(key);
    }

    @Override
    public int together() {
        return settings.transaction() == TransactionMode.BATCH ? BATCH : 1;
    }

    @Override
    public void soon(KeyQueue queue) {
        workers.execute(() -> run(queue));
    }

    private void run(KeyQueue queue) {
        try {
            queue.run();
        } catch (Error e) {
            fail(e);
        }
    }

    @Override
    public void later(KeyQueue queue, Duration delay) {
        timer.after(delay, queue::resume);
    }

    @Override
    public boolean holds(KeyQueue queue) {
        return failed || tools.database().holds(queue) || tools.remote().holds(queue);
    }

    @Override
    public Optional<Duration> deliver(KeyQueue queue, List<Entry> entries) {
        try {
            tools.permits().acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of(MOMENT);
        }
        try {
            return deliverAll(queue, entries);
        } catch (NotDeliveredException e) {
            return wait(queue, e);
        } catch (RuntimeException e) {
            log.error("Listener {} could not deliver a message; it is tried again", settings.id(), e);
            return Optional.of(MOMENT);
        } catch (Error e) {
            fail(e);
            return Optional.empty();
        } finally {
            tools.permits().release();
        }
    }

    private void fail(Error e) {
        failed = true; // at once: until all have stopped, nobody begins anything
        fatal.accept(e);
    }

    private Optional<Duration> deliverAll(KeyQueue queue, List<Entry> entries) {
        if (entries.size() > 1
                && !entries.get(0).isSuspect()
                && entries.stream().noneMatch(entry -> tools.live().isOld(written(entry)))
                && deliveredTogether(queue, entries)) {
            return Optional.empty();
        }
        for (Entry entry : entries) {
            ReceivedMessage message = message(entry.record());
            LiveDelivery.Result result = entry.isSuspect()
                    ? suspect(message, written(entry))
                    : tools.live().deliver(message, written(entry));
            tools.delivered(result);
            if (result.end() instanceof Kept kept) {
                tools.reports().ended(message, result.attempt(), kept);
                return Optional.of(kept.delay());
            }
            queue.partition().finished(queue, entry);
            tools.reports().ended(message, result.attempt(), result.end());
        }
        return Optional.empty();
    }

    private static Instant written(Entry entry) {
        return Instant.ofEpochMilli(entry.record().timestamp());
    }

    private LiveDelivery.Result suspect(ReceivedMessage message, Instant written) {
        Optional<Throwable> guilty = tools.deaths().judge(message);
        return guilty.isPresent()
                ? new LiveDelivery.Result(0, tools.live().park(message, written, guilty.get()))
                : tools.live().deliver(message, written);
    }

    private boolean deliveredTogether(KeyQueue queue, List<Entry> entries) {
        List<ReceivedMessage> messages =
                entries.stream().map(entry -> message(entry.record())).toList();
        Optional<List<ReceivedMessage>> handled = tools.batch().handle(messages);
        if (handled.isEmpty()) {
            return false;
        }
        tools.works();
        entries.forEach(entry -> queue.partition().finished(queue, entry));
        handled.get().forEach(message -> tools.reports().handled(message, 1));
        messages.stream().filter(message -> !handled.get().contains(message)).forEach(tools.reports()::duplicate);
        return true;
    }

    private Optional<Duration> wait(KeyQueue queue, NotDeliveredException e) {
        switch (e.reason()) {
            case DATABASE -> tools.database().met(e.thrown(), queue);
            case REMOTE -> tools.remote().met(e.thrown(), queue);
            case MOMENT -> {
                log.debug("Listener {} waits a moment", settings.id(), e);
                return Optional.of(MOMENT);
            }
        }
        return Optional.empty();
    }

    private ReceivedMessage message(ConsumerRecord<byte[], byte[]> record) {
        return tools.message(settings.group(), record);
    }
}
