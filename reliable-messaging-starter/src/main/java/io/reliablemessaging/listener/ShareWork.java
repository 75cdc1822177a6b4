package io.reliablemessaging.listener;

import io.reliablemessaging.deadletter.ReceivedMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A record that was lent to this member of a share group, until the group has taken charge of it. */
final class ShareWork implements Runnable, Outage.Work {

    private static final Logger log = LoggerFactory.getLogger(ShareWork.class);
    private static final Duration MOMENT = Duration.ofSeconds(1);
    private static final int TRIES = 2;

    private final Delivering delivering;
    private final ConsumerRecord<byte[], byte[]> record;
    private final Runnable ended;
    private volatile State state = State.RUNNING;

    private enum State {
        RUNNING,
        DONE,
        LEFT
    }

    /**
     * What it works with.
     *
     * @param settings of the listener
     * @param tools of the listener
     * @param workers the threads of handlers
     * @param timer for a later try
     * @param deliveries how often the cluster delivers a record before it gives it up
     * @param fatal is given an error that no other message may meet
     */
    record Delivering(
            ListenerSettings settings,
            ListenerWork.Tools tools,
            Workers workers,
            Delays timer,
            int deliveries,
            Consumer<Error> fatal) {}

    ShareWork(Delivering delivering, ConsumerRecord<byte[], byte[]> record, Runnable ended) {
        this.delivering = delivering;
        this.record = record;
        this.ended = ended;
    }

    /** Whether the group has taken charge of the record. */
    boolean isDone() {
        return state == State.DONE;
    }

    boolean isRunning() {
        return state == State.RUNNING;
    }

    @Override
    public void resume() {
        delivering.workers().execute(this);
    }

    @Override
    public void run() {
        ListenerWork.Tools tools = delivering.tools();
        if (tools.database().holds(this) || tools.remote().holds(this)) {
            return;
        }
        try {
            tools.permits().acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            later();
            return;
        }
        try {
            deliver(tools);
            end(State.DONE);
        } catch (NotDeliveredException e) {
            wait(tools, e);
        } catch (RuntimeException e) {
            log.error(
                    "Listener {} could not deliver a message; it is tried again",
                    delivering.settings().id(),
                    e);
            later();
        } catch (Error e) {
            end(State.LEFT);
            delivering.fatal().accept(e);
        } finally {
            tools.permits().release();
        }
    }

    private void deliver(ListenerWork.Tools tools) {
        ReceivedMessage message = tools.message(delivering.settings().group(), record);
        Instant written = Instant.ofEpochMilli(record.timestamp());
        LiveDelivery.Result result = isLentTooOften()
                ? new LiveDelivery.Result(0, tools.live().park(message, written, died()))
                : tools.live().deliver(message, written);
        tools.delivered(result);
        tools.reports().ended(message, result.attempt(), result.end());
    }

    // In the database nobody gives it up. Not only at the last delivery: who dies before the commit needs another one.
    private boolean isLentTooOften() {
        return deliveryCount() >= Math.min(TRIES + 1, delivering.deliveries());
    }

    private ConsumerDiedException died() {
        return new ConsumerDiedException(
                "%d consumers in a row died, stopped or lost it while handling it".formatted(deliveryCount() - 1));
    }

    private int deliveryCount() {
        return record.deliveryCount().orElse((short) 1);
    }

    private void wait(ListenerWork.Tools tools, NotDeliveredException e) {
        switch (e.reason()) {
            case DATABASE -> tools.database().met(e.thrown(), this);
            case REMOTE -> tools.remote().met(e.thrown(), this);
            case MOMENT -> {
                log.debug("Listener {} waits a moment", delivering.settings().id(), e);
                later();
            }
        }
    }

    private void later() {
        delivering.timer().after(MOMENT, this::resume);
    }

    private void end(State end) {
        state = end;
        ended.run();
    }
}
