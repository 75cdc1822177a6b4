package io.reliablemessaging.faults;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.springframework.boot.convert.DurationStyle;

/**
 * Two minutes of everything, by default. {@code -Dfaults.duration=30m -Dfaults.seed=random} for longer; a seed that is printed by one
 * run can be given to the next.
 */
class FaultsIT {

    private static final Map<String, List<String>> GROUPS =
            Map.of("transfers", List.of("booking"), "receipts", List.of("audit"));

    @Test
    void keepsEveryPromiseWhileEverythingBreaks() throws Exception {
        Duration duration = DurationStyle.detectAndParse(System.getProperty("faults.duration", "2m"));
        long seed = seed(System.getProperty("faults.seed", "6"));
        try (Site site = Site.start("all")) {
            for (int i = 0; i < 2; i++) {
                site.add(
                        "producer-" + i,
                        "bank.threads=2",
                        "bank.seed=" + (seed + i),
                        "reliable-messaging.relay.lease=3s");
            }
            for (int i = 0; i < 2; i++) {
                site.add("consumer-" + i, "bank.consume=true", "reliable-messaging.relay.lease=3s");
            }
            site.startAll();
            try (Operator operator = new Operator(site)) {
                Nemesis nemesis = new Nemesis(site, new Faults(site, operator), seed);
                site.beginWork();
                nemesis.work(duration);
                nemesis.mendAll();
                Run.end("%s of faults, seed %d".formatted(duration, seed), site, GROUPS, nemesis.injected());
            }
        }
    }

    private static long seed(String property) {
        return property.equals("random") ? new Random().nextLong() >>> 1 : Long.parseLong(property);
    }
}
