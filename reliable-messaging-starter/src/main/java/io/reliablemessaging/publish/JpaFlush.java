package io.reliablemessaging.publish;

import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.RollbackException;
import org.hibernate.FlushMode;
import org.hibernate.Session;
import org.springframework.dao.DataAccessException;
import org.springframework.orm.jpa.EntityManagerHolder;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.ClassUtils;

/**
 * Flushes the entity manager of a transaction of JPA's manager. Other entity managers are not part of that transaction.
 */
final class JpaFlush implements EntityManagerFlush {

    private static final boolean HIBERNATE =
            ClassUtils.isPresent("org.hibernate.Session", EntityManagerFlush.class.getClassLoader());

    private final JpaTransactionManager manager;

    JpaFlush(JpaTransactionManager manager) {
        this.manager = manager;
    }

    @Override
    public void flush() {
        EntityManagerFactory factory = manager.getEntityManagerFactory();
        if (factory == null
                || !(TransactionSynchronizationManager.getResource(factory) instanceof EntityManagerHolder holder)) {
            return;
        }
        EntityManager entities = holder.getEntityManager();
        if (entities.isJoinedToTransaction() && !(HIBERNATE && Hibernate.isManual(entities))) {
            try {
                entities.flush();
            } catch (RuntimeException e) {
                throw asCommitThrows(e, entities);
            }
        }
    }

    /**
     * Wraps a failed flush as {@link JpaTransactionManager} would wrap a failed commit: JPA's commit wraps the reason,
     * and the manager translates that, or wraps it as well.
     */
    private RuntimeException asCommitThrows(RuntimeException thrown, EntityManager entities) {
        DataAccessException translated = manager.getJpaDialect().translateExceptionIfPossible(thrown);
        if (translated != null) {
            return translated;
        }
        // Spring does not roll back for this one: JPA's commit has done it
        entities.getTransaction().rollback();
        String text = "Error while committing the transaction [%s]".formatted(thrown.getMessage());
        return new TransactionSystemException("Could not commit JPA transaction", new RollbackException(text, thrown));
    }

    /** Holds the code that needs Hibernate's classes. */
    private static final class Hibernate {

        private Hibernate() {}

        private static boolean isManual(EntityManager entities) {
            return entities instanceof Session session && session.getHibernateFlushMode() == FlushMode.MANUAL;
        }
    }
}
