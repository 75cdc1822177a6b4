package io.reliablemessaging.outbox;

/** Opens readers of the outbox. */
@FunctionalInterface
public interface OutboxReaders {

    /**
     * Opens a reader with a connection of its own.
     *
     * @throws org.springframework.dao.DataAccessException if no connection can be opened
     */
    OutboxReader open();
}
