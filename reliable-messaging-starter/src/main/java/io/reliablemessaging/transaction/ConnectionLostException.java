package io.reliablemessaging.transaction;

import java.sql.SQLException;

/**
 * Thrown when the connection of our own transaction broke, whatever the handler threw after that. Nothing was committed,
 * unless the connection broke during the commit; the inbox row shows it.
 */
final class ConnectionLostException extends RuntimeException {

    private static final String CONNECTION_FAILURE = "08006";

    ConnectionLostException(Throwable thrown) {
        super(
                "The connection to the database was lost while the message was handled",
                new SQLException("The connection was lost", CONNECTION_FAILURE, thrown));
    }
}
