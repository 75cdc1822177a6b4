package io.reliablemessaging.reachability;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Tells once that something fails, though it is tried again and again, and once that it works again. What an outage explains is
 * no more than DEBUG here: the outage has lines of its own. Of one thread.
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
     * Makes a log for one thing that is tried again and again.
     *
     * @param level of the line that says that it fails
     * @param fails says what fails and what follows from it; the failure is appended
     * @param works says that it works again
     */
    public FailureLog(Logger log, Level level, Infrastructure infrastructure, String fails, String works) {
        this.log = log;
        this.level = level;
        this.outage = new OutageSuspicion(infrastructure);
        this.fails = fails;
        this.works = works;
    }

    /** It has failed. */
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

    /** It has worked. */
    public void worked() {
        outage.worked();
        if (told) {
            told = false;
            log.info(works);
        }
    }
}
