package io.reliablemessaging.schema;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Hands out connections whose every statement commits on its own, whatever the host's pool is configured for ({@code
 * spring.datasource.hikari.auto-commit=false} would silently roll our statements back). For work outside the host's
 * transactions: as another data source, it never joins one.
 */
public final class AutoCommitDataSource extends DelegatingDataSource {

    public AutoCommitDataSource(DataSource dataSource) {
        super(dataSource);
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection connection = super.getConnection();
        connection.setAutoCommit(true);
        return connection;
    }
}
