package io.reliablemessaging.outbox;

/** Opens readers of the outbox. */
@FunctionalInterface
public interface OutboxReaders {

    /**
     * Opens a reader with a connection of its own.
     *
     * @throws org.springframework.dao.DataAccessException if there is no connection to be had
     */
    OutboxReader open();
}
