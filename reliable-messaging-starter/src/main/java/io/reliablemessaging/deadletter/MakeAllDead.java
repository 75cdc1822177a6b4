package io.reliablemessaging.deadletter;

import io.reliablemessaging.deadletter.MakeDeadTransaction.Order;
import java.util.List;
import org.springframework.dao.PessimisticLockingFailureException;

/** Messages that wait become dead letters, one by one; those that a handler has are left as they are. */
final class MakeAllDead implements Decision {

    private final MakeDead makeDead;
    private final Order order;
    private int inUse;

    MakeAllDead(MakeDead makeDead, Order order) {
        this.makeDead = makeDead;
        this.order = order;
    }

    /** How many were left as they are. */
    int inUse() {
        return inUse;
    }

    @Override
    public void about(List<Long> dead, int position) {
        throw new IllegalStateException("Dead letters %s are dead already".formatted(dead));
    }

    @Override
    public int aboutWaiting(List<Long> waiting, int position) {
        int made = 0;
        for (Long id : waiting) {
            try {
                made += makeDead.oneInPassing(id, order) ? 1 : 0;
            } catch (PessimisticLockingFailureException e) {
                inUse++;
            }
        }
        return made;
    }
}
