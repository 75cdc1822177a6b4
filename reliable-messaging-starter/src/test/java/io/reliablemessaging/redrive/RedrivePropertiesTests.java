package io.reliablemessaging.redrive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.RedriveRequest;
import io.reliablemessaging.settings.IllegalSettingException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** What may be set for redrives by the clock. */
class RedrivePropertiesTests {

    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");

    @Test
    void aScheduleAsksForWhatItsSettingsSay() {
        RedriveProperties.Schedule schedule = bind(Map.of(
                        "cron", "0 */15 * * * *",
                        "filter.group", "billing",
                        "filter.fingerprint", "f",
                        "filter.words", "no stock",
                        "filter.older-than", "10m",
                        "rate", "20",
                        "most-rounds", "5"))
                .schedules()
                .get("partner");
        assertThat(schedule.request(NOW))
                .isEqualTo(RedriveRequest.of(DeadLetterQuery.dead()
                                .group("billing")
                                .fingerprint("f")
                                .words("no stock")
                                .parkedBefore(NOW.minus(Duration.ofMinutes(10))))
                        .perSecond(20)
                        .mostRounds(5));
    }

    @Test
    void aScheduleTakesAllThatWereNotRedrivenThreeTimesUnlessSetOtherwise() {
        assertThat(bind(Map.of("cron", "@daily")).schedules().get("partner").request(NOW))
                .isEqualTo(RedriveRequest.of(DeadLetterQuery.dead()));
    }

    @Test
    void aCanaryIsOneWithTheUsualShare() {
        assertThat(bind(Map.of("cron", "@daily", "mode", "canary"))
                        .schedules()
                        .get("partner")
                        .request(NOW))
                .isEqualTo(RedriveRequest.of(DeadLetterQuery.dead()).canary());
    }

    @Test
    void refusesWhatCannotBeMeant() {
        assertRefused("cron", Map.of("cron", "every night"));
        assertRefused("cron", Map.of("rate", "5"));
        assertRefused("rate", Map.of("cron", "@daily", "rate", "0"));
        assertRefused("most-rounds", Map.of("cron", "@daily", "most-rounds", "0"));
        assertRefused("stop-above", Map.of("cron", "@daily", "stop-above", "1.5"));
        assertRefused("filter.older-than", Map.of("cron", "@daily", "filter.older-than", "-1s"));
    }

    private static void assertRefused(String setting, Map<String, String> settings) {
        assertThatThrownBy(() -> bind(settings))
                .rootCause()
                .isInstanceOf(IllegalSettingException.class)
                .hasMessageContaining("reliable-messaging.redrive.schedules.partner." + setting);
    }

    private static RedriveProperties bind(Map<String, String> settings) {
        MapConfigurationPropertySource source = new MapConfigurationPropertySource();
        settings.forEach((name, value) -> source.put("reliable-messaging.redrive.schedules.partner." + name, value));
        return new Binder(source)
                .bind("reliable-messaging.redrive", RedriveProperties.class)
                .get();
    }
}
