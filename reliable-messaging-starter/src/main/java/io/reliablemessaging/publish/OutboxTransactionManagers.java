package io.reliablemessaging.publish;

import io.reliablemessaging.schema.MessagingDataSource;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.interceptor.TransactionAspectSupport;
import org.springframework.transaction.support.ResourceTransactionManager;
import org.springframework.util.ClassUtils;
import org.springframework.util.function.SingletonSupplier;

/** Adds our listener to every transaction manager of the host, and decides which managers use our data source. */
public final class OutboxTransactionManagers implements BeanPostProcessor, SmartInitializingSingleton {

    private static final boolean JPA = ClassUtils.isPresent("org.springframework.orm.jpa.JpaTransactionManager", null);

    private final ListableBeanFactory beans;
    private final Supplier<MessagingDataSource> ours;
    private final Supplier<Outbox> outbox;

    OutboxTransactionManagers(
            ListableBeanFactory beans, ObjectProvider<MessagingDataSource> ours, ObjectProvider<Outbox> outbox) {
        this.beans = beans;
        this.ours = SingletonSupplier.of(ours::getObject);
        this.outbox = SingletonSupplier.of(outbox::getObject);
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
        follow(bean);
        return bean;
    }

    /**
     * Follows also the managers that were created before this bean post-processor, and those that only Spring's
     * interceptor knows.
     */
    @Override
    public void afterSingletonsInstantiated() {
        beans.getBeansOfType(ConfigurableTransactionManager.class, false, false)
                .values()
                .forEach(this::follow);
        beans.getBeansOfType(TransactionAspectSupport.class, false, false)
                .values()
                .forEach(aspect -> follow(aspect.getTransactionManager()));
    }

    private void follow(@Nullable Object bean) {
        if (bean instanceof ConfigurableTransactionManager manager
                && manager.getTransactionExecutionListeners().stream()
                        .noneMatch(OutboxTransactionListener.class::isInstance)) {
            manager.addListener(new OutboxTransactionListener(this, manager, outbox));
        }
    }

    /** Returns whether statements on our data source run in this manager's transactions. */
    public boolean isOnOurDataSource(Object manager) {
        DataSource theirs = dataSourceOf(manager);
        return theirs != null && target(theirs) == target(ours.get().dataSource());
    }

    /**
     * Returns whether connections of this data source are, in the end, connections of ours. Messages are stored on the
     * connection that the manager has bound, whatever proxies are between.
     */
    boolean isOurs(DataSource theirs) {
        return unwrapped(theirs) == unwrapped(ours.get().dataSource());
    }

    /** Returns whether the innermost transaction of this thread is followed, so that others beside it can be refused in a dry run. */
    public static boolean followsCurrentTransaction() {
        return OutboxTransaction.current() != null;
    }

    /** Returns whether this is JPA's transaction manager. */
    public static boolean isJpa(Object manager) {
        return JPA && Jpa.isManager(manager);
    }

    /** Returns the data source under which a manager binds the connection of a transaction; null if it binds none. */
    static @Nullable DataSource dataSourceOf(Object manager) {
        if (isJpa(manager)) {
            return Jpa.dataSourceOf(manager);
        }
        return manager instanceof ResourceTransactionManager resources
                        && resources.getResourceFactory() instanceof DataSource theirs
                ? theirs
                : null;
    }

    private static @Nullable DataSource unwrapped(@Nullable DataSource source) {
        DataSource target = source;
        while (target instanceof DelegatingDataSource delegating) {
            target = delegating.getTargetDataSource();
        }
        return target;
    }

    private static @Nullable DataSource target(DataSource source) {
        return source instanceof TransactionAwareDataSourceProxy proxy ? proxy.getTargetDataSource() : source;
    }

    /** Holds the code that needs JPA on the class path. */
    private static final class Jpa {

        private Jpa() {}

        private static boolean isManager(Object manager) {
            return manager instanceof JpaTransactionManager;
        }

        private static @Nullable DataSource dataSourceOf(Object manager) {
            return ((JpaTransactionManager) manager).getDataSource();
        }
    }
}
