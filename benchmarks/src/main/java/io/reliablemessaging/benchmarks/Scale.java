package io.reliablemessaging.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** A backlog shared by several instances, against one instance alone. They share the machine, too. */
final class Scale implements Measurement {

    private static final int MOST = 4;

    private static final String OWNERS =
            "select count(distinct owner) from reliable_messaging.relay_lane having count(*)"
                    + " filter (where owner is null) = 0";

    private static final String BIGGEST_SHARE =
            "select max(lanes) from (select count(*) as lanes from reliable_messaging.relay_lane group by owner) shares";

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        double[] one = new double[sizes.rounds()];
        double[] two = new double[sizes.rounds()];
        double[] four = new double[sizes.rounds()];
        try (Application application = bench.application()) {
            for (int round = 0; round < sizes.rounds(); round++) {
                one[round] = withInstances(1, application, sizes);
                two[round] = withInstances(2, application, sizes);
                four[round] = withInstances(MOST, application, sizes);
            }
        }
        return List.of(
                new Pairs(two, one).ratio("scale_2", "messages/s"),
                new Pairs(four, one).ratio("scale_4", "messages/s"));
    }

    private static double withInstances(int count, Application application, Sizes sizes) {
        shareBy(count, application);
        application.drain(sizes.smallBacklog(), Bench.KEYS); // warms up the new ones
        return application.drain(2 * sizes.backlog(), Bench.KEYS);
    }

    /** Has so many instances run, and waits until they share the lanes. */
    static void shareBy(int count, Application application) {
        while (application.instances() > count) {
            application.stopInstance();
        }
        while (application.instances() < count) {
            application.startInstance();
        }
        awaitFairShares(application, count);
    }

    private static void awaitFairShares(Application application, int count) {
        List<Integer> seen = new ArrayList<>();
        for (long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos(); System.nanoTime() < deadline; ) {
            Integer owners = application.jdbc().queryForList(OWNERS, Integer.class).stream()
                    .findAny()
                    .orElse(0);
            Integer biggest = application.jdbc().queryForObject(BIGGEST_SHARE, Integer.class);
            if (owners == count && biggest != null && biggest == 32 / count) {
                return;
            }
            seen.add(owners);
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
        throw new IllegalStateException("%d instances do not share the lanes; owners seen: %s".formatted(count, seen));
    }
}
