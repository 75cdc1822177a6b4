package io.reliablemessaging.transaction;

import io.reliablemessaging.handler.HandlerRules;
import io.reliablemessaging.publish.EntityManagerFlush;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Set;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.AnnotationTransactionAttributeSource;
import org.springframework.transaction.interceptor.NoRollbackRuleAttribute;
import org.springframework.transaction.interceptor.RuleBasedTransactionAttribute;
import org.springframework.transaction.interceptor.TransactionAttribute;
import org.springframework.transaction.support.DefaultTransactionDefinition;

/**
 * Creates the transactions that handlers run in. Isolation and time-out of a {@code @Transactional} handler apply to them. A
 * propagation that would leave the transaction is refused, because the handler's work would not be bound to the inbox row.
 */
public final class HandlerTransactions {

    private static final Set<Integer> JOINING = Set.of(
            TransactionDefinition.PROPAGATION_REQUIRED,
            TransactionDefinition.PROPAGATION_SUPPORTS,
            TransactionDefinition.PROPAGATION_MANDATORY,
            TransactionDefinition.PROPAGATION_NESTED);

    // for a few short statements; the inbox waits for ten seconds at most
    private static final Duration RECORDING_LIMIT = Duration.ofSeconds(30);

    private final PlatformTransactionManager manager;
    private final ManagerNames names;
    private final TransactionConnections connections;
    private final CommitGuard guard;

    /** Tells whether a name is that of our transaction manager. */
    public interface ManagerNames {
        boolean isOurs(String name);
    }

    public HandlerTransactions(
            PlatformTransactionManager manager, ManagerNames names, TransactionConnections connections) {
        this.manager = manager;
        this.names = names;
        this.connections = connections;
        this.guard = new CommitGuard(EntityManagerFlush.of(manager));
        if (manager instanceof ConfigurableTransactionManager configurable) {
            configurable.addListener(guard); // after the outbox's listener, so that its statements are checked, too
        }
    }

    /**
     * Creates the transaction that stores what follows a failure. It sees what others have committed meanwhile, whatever the
     * host's default isolation is.
     */
    public HandlerTransaction plain() {
        return transaction(definition("listener"), TransactionDefinition.ISOLATION_READ_COMMITTED, RECORDING_LIMIT);
    }

    /**
     * Creates the transaction of a handler.
     *
     * @param limit how long it may last
     * @throws IllegalListenerException if the handler would not run in it
     */
    public HandlerTransaction forHandler(Method handler, Class<?> type, Duration limit) {
        DefaultTransactionDefinition definition = definition(handler.toString());
        int isolation = TransactionDefinition.ISOLATION_DEFAULT;
        TransactionAttribute attribute =
                new AnnotationTransactionAttributeSource(false).getTransactionAttribute(handler, type);
        if (attribute != null) {
            requireJoining(handler, attribute);
            isolation = attribute.getIsolationLevel();
            definition.setTimeout(attribute.getTimeout());
        }
        return transaction(definition, isolation, limit);
    }

    private HandlerTransaction transaction(DefaultTransactionDefinition definition, int isolation, Duration limit) {
        return new HandlerTransaction(manager, connections, guard, definition, isolation, limit);
    }

    private static DefaultTransactionDefinition definition(String name) {
        DefaultTransactionDefinition definition = new DefaultTransactionDefinition();
        definition.setName(name);
        return definition;
    }

    private void requireJoining(Method handler, TransactionAttribute attribute) {
        if (!JOINING.contains(attribute.getPropagationBehavior())) {
            throw HandlerRules.illegal(
                    handler,
                    "leaves our transaction by its propagation",
                    "Use REQUIRED, or move the work that must stand alone into a method of another bean that the handler"
                            + " calls");
        }
        if (attribute.isReadOnly()) {
            throw HandlerRules.illegal(
                    handler,
                    "is @Transactional(readOnly = true), by itself or by its class, but its transaction writes what was handled",
                    "Put @Transactional without readOnly on the method");
        }
        if (attribute instanceof RuleBasedTransactionAttribute rules
                && rules.getRollbackRules().stream().anyMatch(NoRollbackRuleAttribute.class::isInstance)) {
            throw HandlerRules.illegal(
                    handler,
                    "is @Transactional(noRollbackFor = ...), by itself or by its class, but what it throws is a failed attempt, whose"
                            + " work is rolled back with the inbox row",
                    "Remove noRollbackFor; to keep the work, catch the exception in the method and return. Methods that it calls may"
                            + " have noRollbackFor");
        }
        String qualifier = attribute.getQualifier();
        if (qualifier != null && !qualifier.isEmpty() && !names.isOurs(qualifier)) {
            throw HandlerRules.illegal(
                    handler,
                    "uses transaction manager '%s', which is not the one of the inbox's data source"
                            .formatted(qualifier),
                    "Remove the name: the handler runs in a transaction of the right one anyway");
        }
    }
}
