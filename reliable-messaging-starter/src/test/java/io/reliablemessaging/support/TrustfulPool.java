package io.reliablemessaging.support;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.test.SharedServers;

/** A pool that never asks whether it still works before it lends it; Hikari does not for half a second. */
public final class TrustfulPool {

    private static final String WINDOW = "com.zaxxer.hikari.aliveBypassWindowMs";

    private TrustfulPool() {}

    /** Opens one, of one connection, on a database of the shared server. */
    public static HikariDataSource open(String database) {
        return open(database, 1);
    }

    /** Opens one, of at most so many connections, on a database of the shared server. */
    public static HikariDataSource open(String database, int most) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(SharedServers.postgres().jdbcUrl(database));
        config.setUsername(SharedServers.postgres().username());
        config.setPassword(SharedServers.postgres().password());
        config.setMaximumPoolSize(most);
        System.setProperty(WINDOW, "3600000"); // read when a pool is made
        try {
            return new HikariDataSource(config);
        } finally {
            System.clearProperty(WINDOW);
        }
    }
}
