package io.reliablemessaging.consumer;

import io.reliablemessaging.delivery.DeliveryAnswer;
import io.reliablemessaging.delivery.DeliveryAnswer.AwaitOutage;
import io.reliablemessaging.delivery.DeliveryAnswer.Missing;
import io.reliablemessaging.permits.HandlerPool;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The two outages that a listener may have: of our database, which all listeners share, and of what its handler needs.
 *
 * @param database outage of our database
 * @param dependency outage of what the handler needs
 * @param pool runs fewer handlers when its connections do not suffice
 */
record OutageQueues(OutageQueue database, OutageQueue dependency, HandlerPool pool) {

    /** Returns the outage that this work must wait for; null if it may go on. */
    @Nullable
    OutageQueue blocking(Object work) {
        return !database.admits(work) ? database : !dependency.admits(work) ? dependency : null;
    }

    boolean isOn() {
        return database.isOn() || dependency.isOn();
    }

    /** Notes an answer that is not {@link AwaitOutage}: what the delivery needed is there. */
    void noteAnswer(DeliveryAnswer deliveryAnswer) {
        database.probeSoon();
        if (deliveryAnswer.handlerAnswered()) {
            dependency.end();
            dependency.probeSoon();
        }
    }

    /** Begins the outage that an answer tells of, and returns it. */
    OutageQueue begin(AwaitOutage held) {
        if (held.missing() == Missing.CONNECTION) {
            pool.throttle();
        }
        OutageQueue outageQueue = held.missing() == Missing.DEPENDENCY ? dependency : database;
        outageQueue.begin(held.cause());
        return outageQueue;
    }

    List<OutageQueue> all() {
        return List.of(database, dependency);
    }
}
