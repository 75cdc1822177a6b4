package io.reliablemessaging.redrive;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.RedriveRequest;
import io.reliablemessaging.RedriveRequest.Mode;
import io.reliablemessaging.settings.IllegalSettingException;
import io.reliablemessaging.settings.SettingBounds;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.scheduling.support.CronExpression;

/**
 * Settings of redrives.
 *
 * @param schedules Redrives that are started by the clock, by name; for failures that heal by themselves
 */
@ConfigurationProperties("reliable-messaging.redrive")
record RedriveProperties(@DefaultValue Map<String, Schedule> schedules) {

    private static final String PREFIX = "reliable-messaging.redrive.schedules.";

    RedriveProperties {
        schedules.forEach((name, schedule) -> schedule.check(PREFIX + name));
        schedules = Map.copyOf(schedules);
    }

    /**
     * A redrive that is started by the clock.
     *
     * @param cron When it is started, in UTC, as Spring writes it: second, minute, hour, day of month, month, day of week
     * @param filter Dead letters that it redrives; all if left out
     * @param rate Messages per second; as fast as they are handled if left out
     * @param mostRounds How often a message may have been redriven before, so that it is still taken
     * @param mode Whether it begins with one message, then ten, then the rest (canary), or with all
     * @param stopAbove Share of failures, from 0 to 1, above which it stops; a tenth for a canary if left out, otherwise never
     */
    record Schedule(
            String cron,
            @DefaultValue Filter filter,
            @Nullable Integer rate,
            @DefaultValue("3") int mostRounds,
            @DefaultValue("all") Mode mode,
            @Nullable Double stopAbove) {

        private void check(String setting) {
            if (cron == null || !CronExpression.isValidExpression(cron)) {
                throw new IllegalSettingException(
                        setting + ".cron",
                        String.valueOf(cron),
                        "is no cron expression",
                        "Write six fields, such as 0 */15 * * * * for every quarter of an hour");
            }
            SettingBounds.require(setting + ".rate", rate, 1, 1_000_000);
            SettingBounds.require(setting + ".most-rounds", mostRounds, 1, 1_000_000);
            SettingBounds.require(setting + ".stop-above", stopAbove, 0, 1);
            SettingBounds.require(
                    setting + ".filter.older-than", filter.olderThan(), Duration.ZERO, SettingBounds.LONGEST);
        }

        CronExpression times() {
            return CronExpression.parse(cron);
        }

        RedriveRequest request(Instant now) {
            RedriveRequest request = RedriveRequest.of(filter.query(now))
                    .perSecond(rate)
                    .mostRounds(mostRounds)
                    .stopAbove(stopAbove);
            return mode == Mode.CANARY ? request.canary() : request;
        }
    }

    /**
     * Selects dead letters.
     *
     * @param group Consumer group that failed
     * @param topic Topic they were read from
     * @param key Their key
     * @param errorClass Class of the last exception, with or without its package
     * @param fingerprint Fault of the last failure, as failure groups show it
     * @param words Words that class or message of the last exception contain
     * @param olderThan Time since they were parked or became dead letters for the first time
     */
    record Filter(
            @Nullable String group,
            @Nullable String topic,
            @Nullable String key,
            @Nullable String errorClass,
            @Nullable String fingerprint,
            @Nullable String words,
            @Nullable Duration olderThan) {

        private DeadLetterQuery query(Instant now) {
            return DeadLetterQuery.dead()
                    .group(group)
                    .topic(topic)
                    .key(key)
                    .errorClass(errorClass)
                    .fingerprint(fingerprint)
                    .words(words)
                    .parkedBefore(olderThan == null ? null : now.minus(olderThan));
        }
    }
}
