package io.reliablemessaging.benchmarks;

import io.reliablemessaging.benchmarks.Application.Filling;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * A backlog while a transaction that has written to the outbox stays open, against one without. Its row may still appear
 * before all others, and it keeps vacuum from removing what was sent since it began.
 */
final class OpenWriter implements Measurement {

    private static final String WRITE = "insert into " + Application.OUTBOX
            + " (lane, message_id, topic, key, value, headers) values (0, gen_random_uuid(), 'late', null, null, '\\x0000')";

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        try (Application application = bench.application()) {
            Pairs pairs = Pairs.measure(
                    sizes.rounds() + 2, // short ones
                    () -> besideWriter(application, sizes.backlog()),
                    () -> {
                        application.clear();
                        return application.drainOnTop(sizes.backlog(), Bench.KEYS, Filling.BESIDE_OTHERS);
                    });
            return List.of(pairs.ratio("open_writer", "messages/s"));
        }
    }

    private static double besideWriter(Application application, int rows) {
        application.clear();
        try (Connection connection = application.connect();
                Statement writer = connection.createStatement()) {
            connection.setAutoCommit(false);
            writer.execute(WRITE);
            double rate = application.drainOnTop(rows, Bench.KEYS, Filling.BESIDE_OTHERS);
            connection.rollback();
            return rate;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
