package io.reliablemessaging.reachability;

import io.reliablemessaging.reachability.Reachability.Away;
import io.reliablemessaging.text.DurationText;
import io.reliablemessaging.text.LogStyle;
import io.reliablemessaging.text.LoggingProperties.Exceptions;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Logs an outage: one line at its start, one a minute while it lasts, one at its end. The last line waits, for a limited time,
 * until the messages that the outage held up are done. Not thread-safe.
 */
final class OutageLog {

    private static final Logger log = ReadableLogger.of(OutageLog.class);
    private static final Duration EVERY = Duration.ofMinutes(1);
    private static final Duration LONGEST_END = Duration.ofSeconds(30);

    private final InstantSource clock;
    private @Nullable Outage outage;
    private @Nullable String refusal;

    OutageLog(InstantSource clock) {
        this.clock = clock;
    }

    /** An outage that was logged. */
    private static final class Outage {
        private final Away away;
        private final long doneBefore;
        private long waited;
        private Instant nextLine;
        private @Nullable Instant end;

        private Outage(Away away, long doneBefore, Instant nextLine) {
            this.away = away;
            this.doneBefore = doneBefore;
            this.nextLine = nextLine;
        }
    }

    void tick(Reachability state, String where) {
        logRefusal(state);
        Instant now = clock.instant();
        WaitingMessages waiting = state.waiting();
        Away away = state.away().orElse(null);
        Outage told = outage;
        if (told != null && told.end != null) {
            told = away == null ? logEnd(state.name(), told, waiting, now) : logRelapse(state.name(), told);
        }
        if (away != null && told == null) {
            log.error("{} is away: {} ({})", state.name(), where, loggable(away.cause()));
            told = new Outage(away, waiting == null ? 0 : waiting.done(), now.plus(EVERY));
        } else if (away != null && told != null) {
            logProgress(state.name(), told, waiting, now);
        } else if (told != null && told.end == null) {
            told.end = now;
            told = logEnd(state.name(), told, waiting, now);
        }
        outage = told;
    }

    private void logRefusal(Reachability state) {
        String now = state.refusal().orElse(null);
        if (now != null && refusal == null) {
            log.error("{}", now);
        } else if (now == null && refusal != null && !state.isAway()) {
            log.info("{} accepts the login of this application again", state.name());
        }
        refusal = now;
    }

    // the class only, if the settings forbid messages of exceptions in the log
    private static String loggable(String cause) {
        int end = cause.indexOf(':');
        return LogStyle.current().exceptions() == Exceptions.FULL || end < 0 ? cause : cause.substring(0, end);
    }

    private static void logProgress(String name, Outage told, @Nullable WaitingMessages waiting, Instant now) {
        OptionalLong wait = waiting == null ? OptionalLong.empty() : waiting.waiting();
        told.waited = Math.max(told.waited, wait.orElse(0));
        if (!now.isBefore(told.nextLine)) {
            told.nextLine = now.plus(EVERY);
            log.warn(
                    "{} is still away, for {} now{}",
                    name,
                    text(Duration.between(told.away.since(), now)),
                    wait.isPresent() && waiting != null
                            ? "; %d messages wait to be %s".formatted(wait.getAsLong(), waiting.participle())
                            : "");
        }
    }

    private static @Nullable Outage logEnd(String name, Outage told, @Nullable WaitingMessages waiting, Instant now) {
        Instant end = told.end == null ? now : told.end;
        String lasted = text(Duration.between(told.away.since(), end));
        if (waiting == null || told.waited == 0) {
            log.info("{} is back after {}", name, lasted);
            return null;
        }
        long done = waiting.done() - told.doneBefore;
        Duration since = Duration.between(end, now);
        if (done >= told.waited) {
            log.info(
                    "{} is back after {}; {} messages waited, {} in {}",
                    name,
                    lasted,
                    told.waited,
                    waiting.participle(),
                    text(since));
            return null;
        }
        if (since.compareTo(LONGEST_END) > 0) {
            log.info(
                    "{} is back after {}; {} messages waited, {} of them {} within {}",
                    name,
                    lasted,
                    told.waited,
                    done,
                    waiting.participle(),
                    text(since));
            return null;
        }
        return told;
    }

    private static @Nullable Outage logRelapse(String name, Outage told) {
        Instant end = told.end;
        log.info(
                "{} was back after {}, and is away again",
                name,
                text(Duration.between(told.away.since(), end == null ? told.away.since() : end)));
        return null;
    }

    private static String text(Duration duration) {
        return DurationText.of(duration.truncatedTo(ChronoUnit.SECONDS));
    }
}
