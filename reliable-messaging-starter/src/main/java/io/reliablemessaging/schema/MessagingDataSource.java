package io.reliablemessaging.schema;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.boot.jdbc.metadata.CompositeDataSourcePoolMetadataProvider;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadata;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadataProvider;

/**
 * The host's data source that holds our tables: the one that {@code reliable-messaging.data-source} names, or else the only or
 * the primary one.
 *
 * @param dataSource the data source as the host has defined it
 */
public record MessagingDataSource(DataSource dataSource) {

    static final String PROPERTY = "reliable-messaging.data-source";

    /**
     * Chooses the data source.
     *
     * @param name bean name from the settings; null if it is not set
     * @throws DataSourceChoiceException if there is no data source with this name, or several and none is primary
     */
    static MessagingDataSource choose(ListableBeanFactory beans, @Nullable String name) {
        List<String> all = Arrays.asList(beans.getBeanNamesForType(DataSource.class));
        if (name != null) {
            if (!all.contains(name)) {
                throw DataSourceChoiceException.unknown(name, all);
            }
            return new MessagingDataSource(beans.getBean(name, DataSource.class));
        }
        try {
            return new MessagingDataSource(
                    beans.getBeanProvider(DataSource.class).getObject());
        } catch (NoUniqueBeanDefinitionException e) {
            Collection<String> found = e.getBeanNamesFound();
            throw DataSourceChoiceException.ambiguous(found == null ? all : found);
        }
    }

    /** Returns the maximum size of its pool; null or not positive if that is not known. */
    public @Nullable Integer most(List<DataSourcePoolMetadataProvider> providers) {
        DataSourcePoolMetadata pool =
                new CompositeDataSourcePoolMetadataProvider(providers).getDataSourcePoolMetadata(dataSource);
        return pool == null ? null : pool.getMax();
    }
}
