package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.AnsweringDataSource;
import io.reliablemessaging.schema.AutoCommitDataSource;
import java.time.Duration;
import javax.sql.DataSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/**
 * Connections of the threads that serve the relay. They break when the database is silent for five leases: long after the
 * lanes have gone to others, so that no slow statement is given up that could still be of use.
 *
 * @param dataSource commits each statement by itself
 */
public record OutboxConnections(DataSource dataSource) {

    private static final int LEASES = 5;
    private static final Duration DEFAULT_LEASE = Duration.ofSeconds(6);

    static OutboxConnections of(DataSource dataSource, Environment environment) {
        Duration lease = Binder.get(environment)
                .bind("reliable-messaging.relay.lease", Duration.class)
                .orElse(DEFAULT_LEASE);
        return new OutboxConnections(
                new AnsweringDataSource(new AutoCommitDataSource(dataSource), lease.multipliedBy(LEASES)));
    }
}
