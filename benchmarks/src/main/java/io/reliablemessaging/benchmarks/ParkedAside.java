package io.reliablemessaging.benchmarks;

import java.util.List;

/** The flow of other keys while ten thousand are parked and wait for their next attempt, against none. */
final class ParkedAside implements Measurement {

    private static final String FREE = "free";
    private static final String BESIDE = "beside";

    private static final String PARK_MESSAGES = """
            insert into reliable_messaging.parked_message (consumer_group, topic, message_id, source_partition,
                        source_offset, queue, key, value, headers, state, attempts, error_class, stack_trace)
            select ?, ?, uuidv7(), 0, 0, md5('parked-' || n)::uuid, convert_to('parked-' || n, 'UTF8'), '{}', '', 'WAITING', 1, 'Exception', 'at'
              from generate_series(1, ?) n
            """;

    private static final String PARK_KEYS = """
            insert into reliable_messaging.parked_key (consumer_group, topic, queue, next_attempt_at)
            select consumer_group, topic, queue, clock_timestamp() + interval '1 hour'
              from reliable_messaging.parked_message
            """;

    // what parking them costs the server afterwards is not what they cost the others
    private static final String SETTLE = "checkpoint";

    private static final String CLEAR =
            "truncate reliable_messaging.parked_message, reliable_messaging.parked_key, reliable_messaging.parked_failure";

    @Override
    public List<Ratio> run(Bench bench, Sizes sizes) {
        try (Consuming application = bench.consuming()) {
            Records records = bench.records(Bench.PARTITIONS, 2 * sizes.smallBacklog());
            Rates rates = new Turns()
                    .side(FREE, () -> free(application, records))
                    .side(BESIDE, () -> beside(application, records, sizes.smallBacklog()))
                    .measure(sizes.rounds() + 4); // they differ little
            return List.of(rates.ratio("parked", BESIDE, FREE));
        }
    }

    private static double free(Consuming application, Records records) {
        application.jdbc().execute(SETTLE);
        return application.reliable(FREE, records);
    }

    private static double beside(Consuming application, Records records, int keys) {
        application.clear();
        String group = application.newGroup(BESIDE);
        application.jdbc().update(PARK_MESSAGES, group, records.topic(), keys);
        application.jdbc().update(PARK_KEYS);
        application.jdbc().execute(SETTLE);
        try {
            return application.reliable(BESIDE, records, group);
        } finally {
            application.jdbc().execute(CLEAR);
        }
    }
}
