package io.reliablemessaging.outbox;

import org.springframework.orm.jpa.EntityManagerHolder;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.ClassUtils;

/** Flushes JPA's pending changes, where there is JPA: its row locks must be taken before the outbox rows get their ids. */
public interface EntityManagerFlush {

    /** Flushes. */
    void flush();

    /** The flush of this application, or nothing at all. */
    static EntityManagerFlush ifPresent() {
        boolean jpa = ClassUtils.isPresent(
                "org.springframework.orm.jpa.EntityManagerHolder", EntityManagerFlush.class.getClassLoader());
        return jpa ? new OfBoundEntityManagers() : () -> {};
    }

    /** Flushes every entity manager that is bound to this thread. */
    final class OfBoundEntityManagers implements EntityManagerFlush {

        @Override
        public void flush() {
            for (Object resource :
                    TransactionSynchronizationManager.getResourceMap().values()) {
                if (resource instanceof EntityManagerHolder holder
                        && holder.getEntityManager().isJoinedToTransaction()) {
                    holder.getEntityManager().flush();
                }
            }
        }
    }
}
