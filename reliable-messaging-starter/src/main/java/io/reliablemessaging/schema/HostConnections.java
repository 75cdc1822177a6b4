package io.reliablemessaging.schema;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import com.zaxxer.hikari.util.DriverDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;

/**
 * Finds out how the host's data source connects, so that other connections can be opened in the same way beside its pool. Supports
 * only known classes and not their subclasses: those may take their password, or the connection, from anywhere.
 */
public final class HostConnections {

    // they hand out the connections of their target unchanged
    private static final Set<Class<?>> TRANSPARENT = Set.of(
            DelegatingDataSource.class, LazyConnectionDataSourceProxy.class, TransactionAwareDataSourceProxy.class);

    // they open a new connection each time
    private static final Set<Class<?>> UNPOOLED =
            Set.of(PGSimpleDataSource.class, DriverManagerDataSource.class, SimpleDriverDataSource.class);

    private HostConnections() {}

    /** Returns settings for a pool that connects like the host's data source; null if that is not known. */
    public static @Nullable HikariConfig settingsOf(DataSource host) {
        DataSource behind = behind(host);
        if (behind == null) {
            return null;
        }
        if (behind.getClass() == HikariDataSource.class) {
            HikariDataSource pool = (HikariDataSource) behind;
            return pool.getDataSourceJNDI() == null
                    ? new LikePool(pool)
                    : null; // a container's data source may be a pool itself
        }
        if (UNPOOLED.contains(behind.getClass())) {
            HikariConfig settings = new HikariConfig();
            settings.setDataSource(new Untouched(behind));
            return settings;
        }
        return null;
    }

    /** Returns a data source that connects like the host's, each time anew and beside its pool; null if that is not known. */
    static @Nullable DataSource unpooled(DataSource host) {
        DataSource behind = behind(host);
        if (behind == null) {
            return null;
        }
        if (behind.getClass() == HikariDataSource.class) {
            HikariDataSource pool = (HikariDataSource) behind;
            return pool.getJdbcUrl() == null ? null : new OfDriver(pool);
        }
        return UNPOOLED.contains(behind.getClass()) ? new Untouched(behind) : null;
    }

    private static @Nullable DataSource behind(DataSource host) {
        DataSource behind = host;
        while (behind != null && TRANSPARENT.contains(behind.getClass())) {
            behind = ((DelegatingDataSource) behind).getTargetDataSource();
        }
        return behind;
    }

    /** Asks the driver for a connection like the pool does, with the pool's present credentials. */
    private static final class OfDriver extends AbstractDataSource {

        private final HikariDataSource pool;

        OfDriver(HikariDataSource pool) {
            this.pool = pool;
        }

        @Override
        public Connection getConnection() throws SQLException {
            Credentials now = pool.getCredentials();
            return getConnection(now.getUsername(), now.getPassword());
        }

        @Override
        public Connection getConnection(String username, String password) throws SQLException {
            return new DriverDataSource(
                            pool.getJdbcUrl(),
                            pool.getDriverClassName(),
                            pool.getDataSourceProperties(),
                            username,
                            password)
                    .getConnection();
        }
    }

    /** Connects like a pool, with the pool's present credentials: they may be changed while it runs. */
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
            // the driver's login timeout is one for the whole JVM: another value would change the host's
            setConnectionTimeout(pool.getConnectionTimeout());
            setValidationTimeout(pool.getValidationTimeout());
        }

        @Override
        public Credentials getCredentials() {
            return pool == null ? super.getCredentials() : pool.getCredentials();
        }
    }

    /** Wraps the host's own object so that nothing of it is changed. */
    private static final class Untouched extends DelegatingDataSource {

        Untouched(DataSource host) {
            super(host);
        }

        @Override
        public void setLoginTimeout(int seconds) {}
    }
}
