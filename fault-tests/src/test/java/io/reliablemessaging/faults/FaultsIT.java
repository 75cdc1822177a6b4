package io.reliablemessaging.faults;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.convert.DurationStyle;

/**
 * One minute of everything, by default. {@code -Dfaults.duration=30m -Dfaults.seed=random} for longer; a seed that is printed by one
 * run can be given to the next.
 */
class FaultsIT {

    private static final Logger log = LoggerFactory.getLogger(FaultsIT.class);

    // shorter than most pauses, so that those who sleep wake up as zombies
    private static final String LEASE = "reliable-messaging.relay.lease=3s";

    // a handler whose connection has died in silence is missed a few seconds later
    private static final String LIMIT = "reliable-messaging.listener.transaction-timeout=20s";

    private static final Map<String, List<String>> GROUPS =
            Map.of("transfers", List.of("booking"), "receipts", List.of("audit"));

    @Test
    void keepsEveryPromiseWhileEverythingBreaks() throws Exception {
        Duration duration = duration("faults.duration", "1m");
        long seed = seed(System.getProperty("faults.seed", "6"));
        RandomGenerator hosts = new Random(~seed);
        Membership membership = Membership.any(hosts);
        log.info("Seed {}", seed);
        try (Site site = Site.start("all")) {
            for (int i = 0; i < Integer.getInteger("faults.producers", 2); i++) {
                site.add(
                        "producer-" + i,
                        "bank.threads=" + Integer.getInteger("faults.threads", 2),
                        "bank.pace=" + System.getProperty("faults.pace", "40ms"),
                        "bank.seed=" + (seed + i),
                        LEASE);
            }
            for (int i = 0; i < Integer.getInteger("faults.consumers", 2); i++) {
                site.add("consumer-" + i, Host.any(membership, hosts).properties("bank.consume=true", LIMIT, LEASE));
            }
            site.startAll();
            try (Operator operator = new Operator(site)) {
                Nemesis nemesis = new Nemesis(site, new Faults(site, operator), seed, duration("faults.gap", "3s"));
                site.beginWork();
                nemesis.work(duration);
                nemesis.repairAll();
                String title = "%s of faults, seed %d, groups are %s".formatted(duration, seed, membership);
                Run.end(title, site, operator, GROUPS, nemesis.injected());
            }
        }
    }

    private static Duration duration(String property, String usual) {
        return DurationStyle.detectAndParse(System.getProperty(property, usual));
    }

    private static long seed(String property) {
        return property.equals("random") ? new Random().nextLong() >>> 1 : Long.parseLong(property);
    }
}
