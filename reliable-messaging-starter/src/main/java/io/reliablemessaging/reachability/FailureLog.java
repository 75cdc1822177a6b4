package io.reliablemessaging.reachability;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Logs once that a repeated task fails, and once that it works again. A failure that an outage explains is logged at DEBUG
 * only, because the outage has log lines of its own. Not thread-safe.
 */
public final class FailureLog {

    private static final long BETWEEN_LINES = Duration.ofMinutes(1).toNanos();

    private final Logger log;
    private final Level level;
    private final OutageSuspicion outage;
    private final String fails;
    private final String works;
    private boolean told;
    private boolean traced;
    private long nextLine = System.nanoTime();

    /**
     * Creates the log of one repeated task.
     *
     * @param level level of the line that reports the failure
     * @param fails text that says what fails and what follows from it; the failure is appended
     * @param works text that says that it works again
     */
    public FailureLog(Logger log, Level level, Infrastructure infrastructure, String fails, String works) {
        this.log = log;
        this.level = level;
        this.outage = new OutageSuspicion(infrastructure);
        this.fails = fails;
        this.works = works;
    }

    /** Reports that the task has failed. */
    public void failed(Throwable failure) {
        boolean explained = outage.note(failure);
        boolean isDue = System.nanoTime() - nextLine >= 0;
        if (explained || told || !isDue) {
            log.debug("{}", fails, failure);
            return;
        }
        told = true;
        nextLine = System.nanoTime() + BETWEEN_LINES;
        if (!traced) {
            traced = true;
            log.atLevel(level).setCause(failure).log("{}: {}", fails, failure);
        } else {
            log.atLevel(level).log("{}: {}", fails, failure);
        }
    }

    /** Reports that the task has worked. */
    public void worked() {
        outage.worked();
        if (told) {
            told = false;
            log.info(works);
        }
    }
}
