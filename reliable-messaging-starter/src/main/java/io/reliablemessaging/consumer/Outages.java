package io.reliablemessaging.consumer;

import io.reliablemessaging.delivery.Answer;
import io.reliablemessaging.delivery.Answer.AwaitOutage;
import io.reliablemessaging.delivery.Answer.Missing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The two outages that a listener may have: of our database, which all listeners share, and of what its handler needs.
 *
 * @param database outage of our database
 * @param dependency outage of what the handler needs
 * @param pool runs fewer handlers when its connections do not suffice
 */
record Outages(Outage database, Outage dependency, HandlerPool pool) {

    /** Returns the outage that this work must wait for; null if it may go on. */
    @Nullable
    Outage blocking(Object work) {
        return !database.admits(work) ? database : !dependency.admits(work) ? dependency : null;
    }

    boolean isOn() {
        return database.isOn() || dependency.isOn();
    }

    /** Notes an answer that is not {@link AwaitOutage}: what the delivery needed is there. */
    void noteAnswer(Answer answer) {
        database.probeSoon();
        if (answer.handlerAnswered()) {
            dependency.end();
            dependency.probeSoon();
        }
    }

    /** Begins the outage that an answer tells of, and returns it. */
    Outage begin(AwaitOutage held) {
        if (held.missing() == Missing.CONNECTION) {
            pool.throttle();
        }
        Outage outage = held.missing() == Missing.DEPENDENCY ? dependency : database;
        outage.begin(held.cause());
        return outage;
    }

    List<Outage> all() {
        return List.of(database, dependency);
    }
}
