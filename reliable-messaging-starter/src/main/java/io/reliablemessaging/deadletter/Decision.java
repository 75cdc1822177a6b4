package io.reliablemessaging.deadletter;

import java.util.List;

/** What a person has decided about some messages. */
interface Decision {

    /**
     * Does it to dead letters that the current transaction has locked, with their keys.
     *
     * @param dead their ids, in order
     * @param position how many messages were decided about before
     */
    void about(List<Long> dead, int position);

    /**
     * Does what it means for messages that are not dead.
     *
     * @param waiting their ids, in order
     * @param position how many messages were decided about before
     * @return how many of them it has made a difference for
     */
    int aboutWaiting(List<Long> waiting, int position);
}
