package io.reliablemessaging.test;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;

/** Uses the {@link SharedServers}, with a numbered database for each application context. */
final class EmbeddedServers implements Infrastructure {

    private static final AtomicInteger databases = new AtomicInteger();

    @Override
    public JdbcConnectionDetails newDatabase() {
        PostgresServer postgres = SharedServers.postgres();
        String url = postgres.createDatabase("test_" + databases.incrementAndGet());
        return new Database(url, postgres.username(), postgres.password());
    }

    @Override
    public KafkaConnectionDetails kafka() {
        List<String> servers = List.of(SharedServers.kafka().bootstrapServers().split(","));
        return () -> servers;
    }
}
