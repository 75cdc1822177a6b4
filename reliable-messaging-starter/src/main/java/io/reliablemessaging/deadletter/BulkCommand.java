package io.reliablemessaging.deadletter;

import java.util.List;

/** A person's decision about some messages. */
interface BulkCommand {

    /**
     * Applies the decision to dead letters that the current transaction has locked, with their keys.
     *
     * @param dead their ids, in order
     * @param position how many messages it was applied to before
     */
    void applyToDead(List<Long> dead, int position);

    /**
     * Applies the decision to parked messages.
     *
     * @param parked their ids, in order
     * @param position how many messages it was applied to before
     * @return how many of them were changed
     */
    int applyToParked(List<Long> parked, int position);
}
