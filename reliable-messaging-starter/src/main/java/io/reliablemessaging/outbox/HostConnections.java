package io.reliablemessaging.outbox;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;

/**
 * Reads how the host's data source makes its connections, so that others can be made in the same way beside its pool. Only of
 * classes that are known, and not of their subclasses: those may take their password, or the connection, from anywhere.
 */
final class HostConnections {

    // they hand out the connections of the data source behind them as they are
    private static final Set<Class<?>> TRANSPARENT = Set.of(
            DelegatingDataSource.class, LazyConnectionDataSourceProxy.class, TransactionAwareDataSourceProxy.class);

    // each connection is a new one
    private static final Set<Class<?>> UNPOOLED =
            Set.of(PGSimpleDataSource.class, DriverManagerDataSource.class, SimpleDriverDataSource.class);

    private HostConnections() {}

    /** Settings for a pool whose connections are made as the host's are; null if that cannot be known. */
    static @Nullable HikariConfig settingsOf(DataSource host) {
        DataSource behind = host;
        while (TRANSPARENT.contains(behind.getClass())) {
            behind = ((DelegatingDataSource) behind).getTargetDataSource();
            if (behind == null) {
                return null;
            }
        }
        if (behind.getClass() == HikariDataSource.class) {
            HikariDataSource pool = (HikariDataSource) behind;
            return pool.getDataSourceJNDI() == null ? new LikePool(pool) : null; // a container's may be a pool itself
        }
        if (UNPOOLED.contains(behind.getClass())) {
            HikariConfig settings = new HikariConfig();
            settings.setDataSource(new Untouched(behind));
            return settings;
        }
        return null;
    }

    /** Connects as a pool does, with the credentials that it has at that moment: they may be changed while it runs. */
    private static final class LikePool extends HikariConfig {

        private final HikariDataSource pool;

        LikePool(HikariDataSource pool) {
            this.pool = pool;
            setJdbcUrl(pool.getJdbcUrl());
            if (pool.getDriverClassName() != null) {
                setDriverClassName(pool.getDriverClassName());
            }
            setDataSourceClassName(pool.getDataSourceClassName());
            if (pool.getDataSource() != null) {
                setDataSource(new Untouched(pool.getDataSource()));
            }
            setDataSourceProperties(pool.getDataSourceProperties());
            setConnectionInitSql(pool.getConnectionInitSql());
            setSchema(pool.getSchema());
            setCatalog(pool.getCatalog());
            // the driver's time-out for logging in is one for the whole JVM: another value would change the host's
            setConnectionTimeout(pool.getConnectionTimeout());
            setValidationTimeout(pool.getValidationTimeout());
        }

        @Override
        public Credentials getCredentials() {
            return pool == null ? super.getCredentials() : pool.getCredentials();
        }
    }

    /** The host's own object, of which nothing is changed. */
    private static final class Untouched extends DelegatingDataSource {

        Untouched(DataSource host) {
            super(host);
        }

        @Override
        public void setLoginTimeout(int seconds) {}
    }
}
