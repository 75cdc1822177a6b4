package io.reliablemessaging.sample.dashboard;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import java.util.List;
import java.util.Objects;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads the content of the page from the tables and from the observers' notes. */
@Component
class Snapshots {

    private static final String OUTBOX = "select count(*) from reliable_messaging.outbox_message";

    private static final String ORDERS = """
            select id, customer, item, poisoned, placed_at
              from orders
             order by id desc
             limit :latest
            """;

    private static final String SHIPMENTS = """
            select id, order_id, shipped_at
              from shipments
             order by id desc
             limit :latest
            """;

    private final JdbcClient database;
    private final DeadLetters letters;
    private final MessageLog log;
    private final MessageCounts counts;
    private final ObjectProvider<Demonstration> demonstrations;
    private final int maxAttempts;

    Snapshots(
            JdbcClient database,
            DeadLetters letters,
            MessageLog log,
            MessageCounts counts,
            ObjectProvider<Demonstration> demonstrations,
            @Value("${reliable-messaging.listener.max-attempts}") int maxAttempts) {
        this.database = database;
        this.letters = letters;
        this.log = log;
        this.counts = counts;
        this.demonstrations = demonstrations;
        this.maxAttempts = maxAttempts;
    }

    Snapshot take() {
        return new Snapshot(
                new Snapshot.Way(
                        counts.passed(), database.sql(OUTBOX).query(Long.class).single()),
                Snapshot.Demo.of(demonstrations.getIfAvailable()),
                maxAttempts,
                latest(ORDERS, Snapshot.PlacedOrder.class),
                latest(SHIPMENTS, Snapshot.MadeShipment.class),
                log.retries(),
                letters.find(DeadLetterQuery.dead().limit(MessageLog.REMEMBERED)).stream()
                        .map(Snapshot.DeadOrder::of)
                        .toList());
    }

    private <T> List<T> latest(String sql, Class<T> type) {
        return database.sql(sql).param("latest", MessageLog.REMEMBERED).query(type).list().stream()
                .map(row -> Objects.requireNonNull(row))
                .toList();
    }
}
