package io.reliablemessaging.benchmarks;

import io.reliablemessaging.benchmarks.Application.Filling;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * A backlog on top of rows that were sent and deleted, but that an old snapshot (a report, a dump, a forgotten session)
 * keeps from being vacuumed, against one on an empty table.
 */
final class FlatHorizon implements Measurement {

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        try (Application application = bench.application()) {
            Pairs pairs = Pairs.measure(
                    sizes.rounds(),
                    () -> underOldSnapshot(application, sizes),
                    () -> application.drain(sizes.backlog(), Bench.KEYS));
            return List.of(pairs.ratio("flat_horizon", "messages/s"));
        }
    }

    private static double underOldSnapshot(Application application, Sizes sizes) {
        application.clear();
        try (Connection connection = application.connect();
                Statement report = connection.createStatement()) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            report.execute("select 1"); // takes the snapshot
            application.drainOnTop(sizes.consumed(), Bench.KEYS, Filling.ALONE);
            double rate = application.drainOnTop(sizes.backlog(), Bench.KEYS, Filling.ALONE);
            connection.rollback();
            return rate;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
