package io.reliablemessaging.benchmarks;

import java.time.Duration;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Microseconds of CPU that were used so far.
 *
 * @param ours by this process, where the applications are
 * @param postgres by the processes of PostgreSQL that are there
 * @param kafka by the brokers
 */
record ProcessTimes(double ours, double postgres, double kafka) {

    static ProcessTimes now() {
        return new ProcessTimes(
                micros(ProcessHandle.current()),
                sum(ProcessTimes::isPostgres),
                sum(process -> !isPostgres(process) && isJava(process)));
    }

    ProcessTimes minus(ProcessTimes before) {
        return new ProcessTimes(ours - before.ours, postgres - before.postgres, kafka - before.kafka);
    }

    private static double sum(Predicate<ProcessHandle> which) {
        try (Stream<ProcessHandle> children = ProcessHandle.current().descendants()) {
            return children.filter(which).mapToDouble(ProcessTimes::micros).sum();
        }
    }

    private static boolean isPostgres(ProcessHandle process) {
        return process.info().command().orElse("").endsWith("postgres");
    }

    private static boolean isJava(ProcessHandle process) {
        return process.info().command().orElse("").endsWith("java");
    }

    private static double micros(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos() / 1e3;
    }
}
