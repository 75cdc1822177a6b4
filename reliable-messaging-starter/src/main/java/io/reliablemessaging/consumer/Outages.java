package io.reliablemessaging.consumer;

import io.reliablemessaging.delivery.Answer;
import io.reliablemessaging.delivery.Answer.Held;
import io.reliablemessaging.delivery.Answer.Missing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Knows what may be away for one listener: our database, which all listeners share, and what its handler needs.
 *
 * @param database our database
 * @param dependency what the handler needs
 * @param pool runs fewer handlers when connections are short
 */
record Outages(Outage database, Outage dependency, HandlerPool pool) {

    /** What this work must wait for; null if it may go on. */
    @Nullable
    Outage holding(Object work) {
        return !database.admits(work) ? database : !dependency.admits(work) ? dependency : null;
    }

    boolean isOn() {
        return database.isOn() || dependency.isOn();
    }

    /** Takes note of an answer that is not {@link Held}: what was needed for it is there. */
    void answered(Answer answer) {
        database.works();
        if (answer.handlerAnswered()) {
            dependency.over();
            dependency.works();
        }
    }

    /** Takes note that something is missing, and returns what is to be waited for. */
    Outage begin(Held held) {
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
