package io.reliablemessaging.listener;

import java.lang.reflect.Method;
import java.util.Set;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.scheduling.annotation.Async;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.AnnotationTransactionAttributeSource;
import org.springframework.transaction.interceptor.TransactionAttribute;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Makes the transaction that a handler runs in. If the handler is {@code @Transactional}, its isolation and time-out count
 * for it; a propagation that would leave it is refused, because its work would then not be bound to the inbox row.
 */
final class HandlerTransactions {

    private static final Set<Integer> JOINING = Set.of(
            TransactionDefinition.PROPAGATION_REQUIRED,
            TransactionDefinition.PROPAGATION_SUPPORTS,
            TransactionDefinition.PROPAGATION_MANDATORY,
            TransactionDefinition.PROPAGATION_NESTED);

    private final PlatformTransactionManager manager;
    private final ManagerNames names;

    /** Tells whether a name is that of our transaction manager. */
    interface ManagerNames {
        boolean isOurs(String name);
    }

    HandlerTransactions(PlatformTransactionManager manager, ManagerNames names) {
        this.manager = manager;
        this.names = names;
    }

    TransactionTemplate plain() {
        return new TransactionTemplate(manager);
    }

    /**
     * The transaction for a handler.
     *
     * @throws IllegalStateException if the handler would not run in it
     */
    TransactionTemplate forHandler(Method handler, Class<?> type) {
        TransactionTemplate template = plain();
        template.setName(handler.toString());
        if (AnnotatedElementUtils.hasAnnotation(handler, Async.class)) {
            throw illegal(handler, "is @Async: its work would go on after the transaction is over");
        }
        TransactionAttribute attribute =
                new AnnotationTransactionAttributeSource(false).getTransactionAttribute(handler, type);
        if (attribute != null) {
            requireJoining(handler, attribute);
            template.setIsolationLevel(attribute.getIsolationLevel());
            template.setTimeout(attribute.getTimeout());
        }
        return template;
    }

    private void requireJoining(Method handler, TransactionAttribute attribute) {
        if (!JOINING.contains(attribute.getPropagationBehavior())) {
            throw illegal(
                    handler,
                    "leaves our transaction by its propagation: use REQUIRED, or move the work that must stand alone into"
                            + " a method that the handler calls");
        }
        String qualifier = attribute.getQualifier();
        if (qualifier != null && !qualifier.isEmpty() && !names.isOurs(qualifier)) {
            throw illegal(
                    handler,
                    "uses transaction manager '%s', which is not the one of the inbox's data source"
                            .formatted(qualifier));
        }
    }

    private static IllegalStateException illegal(Method handler, String why) {
        return new IllegalStateException("@ReliableListener method %s %s".formatted(handler, why));
    }
}
