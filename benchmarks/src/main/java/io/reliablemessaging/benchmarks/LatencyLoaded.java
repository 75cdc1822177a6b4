package io.reliablemessaging.benchmarks;

import java.util.List;
import org.springframework.kafka.core.KafkaTemplate;

/**
 * How long from the start of a commit until a consumer has the message, at half the rate of transactions that the machine
 * sustains when each publishes, against a direct send after the commit at the same rate.
 */
final class LatencyLoaded implements Measurement {

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        double[] ours = new double[sizes.rounds()];
        double[] theirs = new double[sizes.rounds()];
        try (Application application = bench.application()) {
            var factory = Latency.producers(application);
            var direct = Latency.direct(application, new KafkaTemplate<>(factory));
            var outbox = Latency.outbox(application);
            int rate = 0;
            for (int round = -1; round < sizes.rounds(); round++) { // the first one warms up
                if (round <= 0) {
                    rate = half(application, sizes);
                }
                int messages = Latency.messages(sizes, rate);
                double before = median(Latency.measure(application, rate, messages, outbox));
                double beside = median(Latency.measure(application, rate, messages, direct));
                if (round >= 0) {
                    ours[round] = before;
                    theirs[round] = beside;
                }
            }
            factory.destroy();
        }
        return List.of(new Pairs(ours, theirs).ratio("latency_loaded", "microseconds"));
    }

    private static int half(Application application, Sizes sizes) {
        var transactions = application.transactions();
        var publisher = application.publisher();
        var jdbc = application.jdbc();
        byte[] payload = Application.payload();
        double rate = Tax.flow(
                sizes,
                () -> transactions.executeWithoutResult(status -> {
                    Latency.insertOrder(jdbc);
                    publisher.publish(application.topic(), "key", payload);
                }));
        Tax.awaitEmpty(application);
        return Math.max(1, (int) rate / 2);
    }

    private static double median(double[] micros) {
        return Latency.percentile(micros, 0.5);
    }
}
