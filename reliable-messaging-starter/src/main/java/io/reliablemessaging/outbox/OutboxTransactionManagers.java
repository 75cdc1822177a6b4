package io.reliablemessaging.outbox;

import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.orm.jpa.EntityManagerFactoryInfo;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.support.ResourceTransactionManager;
import org.springframework.util.ClassUtils;

/** Adds our listener to every transaction manager of the host, and tells which of them is on our data source. */
public final class OutboxTransactionManagers implements BeanPostProcessor {

    private static final boolean JPA =
            ClassUtils.isPresent("org.springframework.orm.jpa.EntityManagerFactoryInfo", null);

    private final ObjectProvider<DataSource> dataSource;
    private final Supplier<Outbox> outbox;

    OutboxTransactionManagers(ObjectProvider<DataSource> dataSource, ObjectProvider<Outbox> outbox) {
        this.dataSource = dataSource;
        this.outbox = outbox::getObject;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
        if (bean instanceof ConfigurableTransactionManager manager) {
            manager.addListener(new OutboxTransactionListener(() -> isOnOurDataSource(manager), outbox));
        }
        return bean;
    }

    /** Whether this manager's transactions are on the data source that holds the outbox. */
    public boolean isOnOurDataSource(Object manager) {
        DataSource theirs = dataSourceOf(manager);
        return theirs != null && unwrapped(theirs) == unwrapped(dataSource.getObject());
    }

    /** Whether this is JPA's transaction manager. */
    public static boolean isJpa(Object manager) {
        return JPA
                && manager instanceof ResourceTransactionManager resources
                && resources.getResourceFactory() instanceof EntityManagerFactoryInfo;
    }

    private static @Nullable DataSource dataSourceOf(Object manager) {
        if (!(manager instanceof ResourceTransactionManager resources)) {
            return null;
        }
        Object resource = resources.getResourceFactory();
        if (resource instanceof DataSource theirs) {
            return theirs;
        }
        return JPA && resource instanceof EntityManagerFactoryInfo factory ? factory.getDataSource() : null;
    }

    private static @Nullable DataSource unwrapped(DataSource source) {
        return source instanceof TransactionAwareDataSourceProxy proxy ? proxy.getTargetDataSource() : source;
    }
}
