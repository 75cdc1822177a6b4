package io.reliablemessaging.outbox;

import org.springframework.orm.jpa.JpaTransactionManager;

/**
 * Flushes what JPA has held back in the transaction of this thread: its row locks must be taken before the outbox rows get
 * their ids. What is thrown is what the commit would have thrown.
 */
public interface EntityManagerFlush {

    /** Flushes. */
    void flush();

    /** The flush for transactions of this manager; of others than JPA's there is nothing to flush. */
    static EntityManagerFlush of(Object manager) {
        return OutboxTransactionManagers.isJpa(manager) ? new JpaFlush((JpaTransactionManager) manager) : () -> {};
    }
}
