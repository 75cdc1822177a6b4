package io.reliablemessaging.test;

import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;

/** The connection details of a database that was just created. */
record Database(String url, String user, String secret) implements JdbcConnectionDetails {

    @Override
    public String getJdbcUrl() {
        return url;
    }

    @Override
    public String getUsername() {
        return user;
    }

    @Override
    public String getPassword() {
        return secret;
    }

    @Override
    public String toString() {
        return url;
    }
}
