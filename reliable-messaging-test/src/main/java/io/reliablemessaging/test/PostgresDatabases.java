package io.reliablemessaging.test;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.UnaryOperator;
import org.postgresql.ds.PGSimpleDataSource;

/** Creates databases on a server, wherever it runs. */
record PostgresDatabases(UnaryOperator<String> url, String user, String secret) {

    private static final String MAINTENANCE_DATABASE = "postgres";

    Database create(String name) {
        create(name, user);
        return new Database(url.apply(name), user, secret);
    }

    void create(String name, String owner) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + statement.enquoteIdentifier(name, true) + " OWNER "
                    + statement.enquoteIdentifier(owner, true));
        } catch (SQLException e) {
            throw new IllegalStateException("Database " + url.apply(name) + " was not created: " + e.getMessage(), e);
        }
    }

    void createUser(String name, String password, String group) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE ROLE " + statement.enquoteIdentifier(name, true) + " LOGIN PASSWORD "
                    + statement.enquoteLiteral(password) + " IN ROLE " + statement.enquoteIdentifier(group, true));
        } catch (SQLException e) {
            throw new IllegalStateException("User " + name + " was not created on " + this + ": " + e.getMessage(), e);
        }
    }

    /** Tells whether the server accepts connections; it does not while it starts or recovers. */
    boolean serverAnswers() {
        try (Connection connection = connect()) {
            return connection.isValid(1);
        } catch (SQLException e) {
            return false;
        }
    }

    /** Runs a query with a single boolean result. */
    boolean ask(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(sql)) {
            answer.next();
            return answer.getBoolean(1);
        } catch (SQLException e) {
            throw new IllegalStateException(sql + " failed on " + this + ": " + e.getMessage(), e);
        }
    }

    Connection connect() throws SQLException {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(url.apply(MAINTENANCE_DATABASE));
        dataSource.setUser(user);
        dataSource.setPassword(secret);
        dataSource.setConnectTimeout(5);
        dataSource.setSocketTimeout(30);
        return dataSource.getConnection();
    }

    @Override
    public String toString() {
        return url.apply("");
    }
}
