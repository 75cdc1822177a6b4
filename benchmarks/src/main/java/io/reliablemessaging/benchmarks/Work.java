package io.reliablemessaging.benchmarks;

import java.time.Duration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;

/** What every handler does: it may take a while, and inserts one row. */
class Work {

    private final JdbcTemplate jdbc;
    private volatile Duration time = Duration.ZERO;

    Work(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    void takes(Duration time) {
        this.time = time;
    }

    /** In the transaction of the caller. */
    void run(String payload) {
        if (!time.isZero()) {
            sleep();
        }
        jdbc.update("insert into bench_effect (text) values (?)", payload);
    }

    private void sleep() {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The same in a transaction of its own, for the plain listener. */
    static class InTransaction {

        private final Work work;

        InTransaction(Work work) {
            this.work = work;
        }

        @Transactional
        public void run(String payload) {
            work.run(payload);
        }
    }
}
