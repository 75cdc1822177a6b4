package io.reliablemessaging.schema;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Where a connection leads: servers and database, without credentials and parameters.
 *
 * @param place the part of the driver's URL that says so; null if the driver does not tell
 */
public record DatabaseAddress(@Nullable String place) {

    /** Where this connection leads. Asks nobody but the driver. */
    public static DatabaseAddress of(Connection connection) throws SQLException {
        return of(connection.getMetaData().getURL());
    }

    /** Where connections of this data source lead; borrows one of them. */
    static DatabaseAddress of(DataSource dataSource) {
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

    /** Whether both are known to lead to the same database, or one of them does not tell. */
    public boolean isSame(DatabaseAddress other) {
        return place == null || other.place == null || Objects.equals(place, other.place);
    }

    @Override
    public String toString() {
        return String.valueOf(place);
    }
}
