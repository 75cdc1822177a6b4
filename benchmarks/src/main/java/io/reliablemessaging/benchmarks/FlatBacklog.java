package io.reliablemessaging.benchmarks;

import io.reliablemessaging.benchmarks.Application.Filling;
import java.util.List;

/**
 * A huge backlog against a small one: the rate of the first messages, as many as the small backlog has, both from a standing
 * start. The huge one is then sent to its end; if its last tenth is slower than its second, that ratio is the worse, and
 * counts instead.
 */
final class FlatBacklog implements Measurement {

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        int small = sizes.smallBacklog();
        int huge = sizes.hugeBacklog();
        double[] starts = new double[sizes.rounds()];
        double[] begins = new double[sizes.rounds()];
        double[] ends = new double[sizes.rounds()];
        try (Application application = bench.application()) {
            int[] round = {-1};
            Pairs pairs = Pairs.measure(
                    sizes.rounds(),
                    () -> {
                        if (round[0] < 0) {
                            round[0]++;
                            return application.drain(small, Bench.KEYS); // warming up needs no million
                        }
                        application.clear();
                        long start = application.publishBacklog(huge, Bench.KEYS, Filling.ALONE);
                        Sent sent = application.sent();
                        starts[round[0]] = Application.perSecond(small, start, sent.await(small));
                        long tenth = sent.await(huge / 10);
                        begins[round[0]] = Application.perSecond(huge / 10, tenth, sent.await(huge / 5));
                        long nineTenths = sent.await(huge - huge / 10);
                        ends[round[0]] = Application.perSecond(huge / 10, nineTenths, sent.await(huge));
                        return starts[round[0]++];
                    },
                    () -> application.drain(small, Bench.KEYS));
            Ratio start = pairs.ratio("flat_backlog", "messages/s");
            Ratio end = new Pairs(ends, begins).ratio("flat_backlog", "messages/s");
            return List.of(start.value() < end.value() ? start : end);
        }
    }
}
