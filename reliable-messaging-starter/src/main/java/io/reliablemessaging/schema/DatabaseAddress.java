package io.reliablemessaging.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The address that a connection leads to: servers and database, without credentials and parameters.
 *
 * @param place the part of the driver's URL with servers and database; null if the driver does not tell
 */
public record DatabaseAddress(@Nullable String place) {

    /** Returns the address of a connection. Asks only the driver, not the server. */
    public static DatabaseAddress of(Connection connection) throws SQLException {
        return of(connection.getMetaData().getURL());
    }

    /** Reads the address of a data source; borrows one connection. */
    static DatabaseAddress read(DataSource dataSource) {
        return Objects.requireNonNull(new JdbcTemplate(new AutoCommitDataSource(dataSource))
                .execute((ConnectionCallback<DatabaseAddress>) DatabaseAddress::of));
    }

    private static DatabaseAddress of(@Nullable String url) {
        if (url == null) {
            return new DatabaseAddress(null);
        }
        int parameters = url.indexOf('?');
        return new DatabaseAddress(parameters < 0 ? url : url.substring(0, parameters));
    }

    /** Tells whether both may lead to the same database: their addresses are the same, or one is not known. */
    public boolean isSame(DatabaseAddress other) {
        return place == null || other.place == null || Objects.equals(place, other.place);
    }

    @Override
    public String toString() {
        return String.valueOf(place);
    }
}
