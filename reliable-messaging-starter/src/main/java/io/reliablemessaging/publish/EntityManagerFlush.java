package io.reliablemessaging.publish;

import org.springframework.orm.jpa.JpaTransactionManager;

/**
 * Flushes the changes that JPA still holds in memory for the transaction of this thread: its row locks must be taken
 * before the outbox rows get their ids. A flush throws what the commit would have thrown.
 */
public interface EntityManagerFlush {

    /** Writes the pending changes to the database. */
    void flush();

    /** Creates the flush for transactions of this manager; for a manager other than JPA's it does nothing. */
    static EntityManagerFlush of(Object manager) {
        return OutboxTransactionManagers.isJpa(manager) ? new JpaFlush((JpaTransactionManager) manager) : () -> {};
    }
}
