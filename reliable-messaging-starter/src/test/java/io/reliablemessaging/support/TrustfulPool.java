package io.reliablemessaging.support;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.test.SharedServers;

/** A pool of one connection that never asks whether it still works before it lends it; Hikari does not for half a second. */
public final class TrustfulPool {

    private static final String WINDOW = "com.zaxxer.hikari.aliveBypassWindowMs";

    private TrustfulPool() {}

    /** Opens one on a database of the shared server. */
    public static HikariDataSource open(String database) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(SharedServers.postgres().jdbcUrl(database));
        config.setUsername(SharedServers.postgres().username());
        config.setPassword(SharedServers.postgres().password());
        config.setMaximumPoolSize(1);
        System.setProperty(WINDOW, "3600000"); // read when a pool is made
        try {
            return new HikariDataSource(config);
        } finally {
            System.clearProperty(WINDOW);
        }
    }
}
