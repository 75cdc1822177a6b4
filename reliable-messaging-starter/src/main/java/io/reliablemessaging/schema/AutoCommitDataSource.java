package io.reliablemessaging.schema;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Connections whose every statement commits by itself, whatever the host's pool hands out ({@code
 * spring.datasource.hikari.auto-commit=false} would roll our statements back in silence). For work outside the host's
 * transactions: being another data source, it never joins one.
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
