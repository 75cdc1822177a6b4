package io.reliablemessaging.schema;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * Hands out connections whose statements see everything committed before them, whatever the host's pool is configured for. With
 * REPEATABLE READ, a transaction that has waited for a lock does not see what the previous holder did.
 */
final class ReadCommittedDataSource extends DelegatingDataSource {

    ReadCommittedDataSource(DataSource dataSource) {
        super(dataSource);
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection connection = super.getConnection();
        try {
            int hosts = connection.getTransactionIsolation();
            if (hosts <= Connection.TRANSACTION_READ_COMMITTED) {
                return connection;
            }
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            return ConnectionReset.of(connection, each -> each.setTransactionIsolation(hosts));
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }
}
