package io.reliablemessaging.sample.dashboard;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Everything that the page shows; two are equal if nothing has happened in between. */
record Snapshot(
        List<PlacedOrder> orders,
        List<MadeShipment> shipments,
        List<MessageLog.Retry> retries,
        List<DeadOrder> deadLetters) {

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

    record PlacedOrder(long id, String customer, String item, boolean poisoned, Instant placedAt) {}

    record MadeShipment(long id, long orderId, Instant shippedAt) {}

    /** A message whose last attempt has failed. */
    record DeadOrder(
            long id,
            String message,
            @Nullable String key,
            String group,
            int attempts,
            @Nullable String cause,
            Instant diedAt) {

        private static DeadOrder of(DeadLetter letter) {
            return new DeadOrder(
                    letter.id(),
                    letter.messageId().toString(),
                    letter.key(),
                    letter.group(),
                    letter.attempts(),
                    letter.errorMessage(),
                    letter.changedAt());
        }
    }

    static Snapshot of(JdbcClient database, MessageLog log, DeadLetters letters) {
        return new Snapshot(
                latest(database, ORDERS, PlacedOrder.class),
                latest(database, SHIPMENTS, MadeShipment.class),
                log.retries(),
                letters.find(DeadLetterQuery.dead().limit(MessageLog.REMEMBERED)).stream()
                        .map(DeadOrder::of)
                        .toList());
    }

    private static <T> List<T> latest(JdbcClient database, String sql, Class<T> type) {
        return database.sql(sql).param("latest", MessageLog.REMEMBERED).query(type).list().stream()
                .map(row -> Objects.requireNonNull(row))
                .toList();
    }
}
