package io.reliablemessaging.deadletter;

import io.reliablemessaging.deadletter.MakeDeadTransaction.Order;
import java.util.List;
import org.springframework.dao.PessimisticLockingFailureException;

/** Makes parked messages dead letters, one by one, except those that a handler has right now. */
final class MakeAllDead implements BulkCommands.Decision {

    private final MakeDead makeDead;
    private final Order order;
    private int inUse;

    MakeAllDead(MakeDead makeDead, Order order) {
        this.makeDead = makeDead;
        this.order = order;
    }

    /** Returns how many messages were left alone because a handler has them. */
    int inUse() {
        return inUse;
    }

    @Override
    public void applyToDead(List<Long> dead, int position) {
        throw new IllegalStateException("Messages %s are dead letters already".formatted(dead));
    }

    @Override
    public int applyToParked(List<Long> parked, int position) {
        int made = 0;
        for (Long id : parked) {
            try {
                made += makeDead.makeDeadIfFree(id, order) ? 1 : 0;
            } catch (PessimisticLockingFailureException e) {
                inUse++;
            }
        }
        return made;
    }
}
