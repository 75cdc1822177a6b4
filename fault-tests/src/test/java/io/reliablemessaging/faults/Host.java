package io.reliablemessaging.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What the application around a listener has configured.
 *
 * @param membership how its group shares partitions
 * @param snapshots whether its transactions are REPEATABLE READ unless they say otherwise
 */
record Host(Membership membership, boolean snapshots) {

    static Host any(Membership membership, RandomGenerator random) {
        return new Host(membership, random.nextBoolean());
    }

    /** Its properties; those are added. */
    String[] properties(String... others) {
        List<String> all = new ArrayList<>(List.of(others));
        all.addAll(membership.properties());
        if (snapshots) {
            all.add("spring.datasource.hikari.transaction-isolation=TRANSACTION_REPEATABLE_READ");
        }
        return all.toArray(String[]::new);
    }
}
