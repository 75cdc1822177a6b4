package io.reliablemessaging.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.function.Supplier;

/**
 * Lists all metrics; {@code docs/metrics.md} has the same table. No tag holds a message id or a key: there are as
 * many time series as topics, groups and listeners.
 */
enum MessagingMetric {
    PUBLISHED("published", Meter.Type.COUNTER, "messages", "Messages whose transaction has committed", "topic"),
    BACKLOG(
            "outbox.backlog",
            Meter.Type.GAUGE,
            "messages",
            "Messages in the outbox; of each lane up to 1,000 are counted"),
    OLDEST(
            "outbox.oldest.age",
            Meter.Type.GAUGE,
            "seconds",
            "How long the oldest message in the outbox has been waiting"),
    LATENCY(
            "relay.latency",
            Meter.Type.TIMER,
            "seconds",
            "From a message's commit to the broker's acknowledgement",
            "topic"),
    BATCH(
            "relay.batch",
            Meter.Type.DISTRIBUTION_SUMMARY,
            "messages",
            "Acknowledged messages that have left the outbox together"),
    RETRIES(
            "relay.retries",
            Meter.Type.COUNTER,
            "messages",
            "Messages that the broker has not taken when they were sent",
            "topic"),
    QUARANTINED(
            "relay.quarantined", Meter.Type.COUNTER, "messages", "Messages that the broker will never take", "topic"),
    FENCED(
            "relay.fenced",
            Meter.Type.COUNTER,
            "events",
            "Times that another instance has taken lanes of this one over"),
    LANES("relay.lanes", Meter.Type.GAUGE, "lanes", "Lanes that this instance sends"),
    QUARANTINE("quarantine", Meter.Type.GAUGE, "messages", "Messages in quarantine, counted up to 10,000"),
    DELIVERIES(
            "deliveries",
            Meter.Type.COUNTER,
            "messages",
            "Messages that a group has received, by what became of them",
            "topic",
            "group",
            "listener",
            "outcome"),
    DIFFERENT(
            "duplicates.different",
            Meter.Type.COUNTER,
            "messages",
            "Messages dropped because another message with the same id had been received before",
            "topic",
            "group",
            "listener"),
    HANDLER("handler", Meter.Type.TIMER, "seconds", "Calls of handlers", "topic", "group", "listener", "outcome"),
    AGE(
            "age",
            Meter.Type.TIMER,
            "seconds",
            "From a message's publishing to a call of its handler",
            "topic",
            "group",
            "listener"),
    REDRIVEN("redriven", Meter.Type.COUNTER, "messages", "Messages that a person has sent to their handlers again"),
    REDRIVE_OUTCOMES(
            "redrive.messages",
            Meter.Type.COUNTER,
            "messages",
            "Messages of redrive jobs, by what became of them: succeeded, failed again, or skipped",
            "outcome"),
    REDRIVE_JOBS(
            "redrive.jobs",
            Meter.Type.COUNTER,
            "jobs",
            "Redrive jobs that have ended by themselves, by how",
            "outcome"),
    PARKED(
            "parked",
            Meter.Type.GAUGE,
            "messages",
            "Messages that wait for another attempt, or behind one that does; counted up to 10,000",
            "topic",
            "group"),
    DEAD("dead", Meter.Type.GAUGE, "messages", "Dead letters, counted up to 10,000", "topic", "group"),
    LAG(
            "lag",
            Meter.Type.GAUGE,
            "messages",
            "Messages of the partitions that this instance reads that are not handled yet",
            "group",
            "listener"),
    OUTAGE(
            "outage",
            Meter.Type.GAUGE,
            "seconds",
            "How long deliveries have been waiting for the database, or for what the handler needs; 0 if they do not",
            "group",
            "listener"),
    PAUSED(
            "paused",
            Meter.Type.GAUGE,
            "listeners",
            "1 while a person has paused the listener in all instances, otherwise 0",
            "group",
            "listener"),
    LONGEST(
            "handler.longest",
            Meter.Type.GAUGE,
            "seconds",
            "How long the handler has been running that has run for the longest time; 0 if none runs",
            "group",
            "listener"),
    UNCOMMITTED(
            "uncommitted",
            Meter.Type.GAUGE,
            "messages",
            "Longest run of offsets in one partition from the first unfinished message on",
            "group",
            "listener"),
    BYTES(
            "memory",
            Meter.Type.GAUGE,
            "bytes",
            "Memory of messages that were read and are not finished",
            "group",
            "listener"),
    BYTE_LIMIT("memory.limit", Meter.Type.GAUGE, "bytes", "Most memory of such messages, over all listeners"),
    PERMITS("permits", Meter.Type.GAUGE, "handlers", "Most handlers at once, over all listeners"),
    PERMITS_FREE("permits.free", Meter.Type.GAUGE, "handlers", "Handlers that may begin now, over all listeners"),
    INBOX("inbox.messages", Meter.Type.GAUGE, "messages", "Messages that the inbox remembers, estimated"),
    INBOX_SIZE("inbox.size", Meter.Type.GAUGE, "bytes", "Space on disk of the inbox and its index"),
    INBOX_OLDEST("inbox.oldest.age", Meter.Type.GAUGE, "seconds", "Age of the oldest message in the inbox, estimated");

    static final String PREFIX = "reliable.messaging.";

    private final String id;
    private final Meter.Type type;
    private final String unit;
    private final String description;

    @SuppressWarnings("ImmutableEnumChecker") // the list is never changed
    private final List<String> tags;

    MessagingMetric(String name, Meter.Type type, String unit, String description, String... tags) {
        this.id = PREFIX + name;
        this.type = type;
        this.unit = unit;
        this.description = description;
        this.tags = List.of(tags);
    }

    String id() {
        return id;
    }

    Meter.Type type() {
        return type;
    }

    String unit() {
        return unit;
    }

    String description() {
        return description;
    }

    List<String> tags() {
        return tags;
    }

    /** Registers the counter with these values of its tags, in their order. */
    Counter counter(MeterRegistry registry, String... values) {
        return Counter.builder(id)
                .description(description)
                .baseUnit(unit)
                .tags(tagged(values))
                .register(registry);
    }

    /** Registers the timer with these values of its tags, in their order. */
    Timer timer(MeterRegistry registry, String... values) {
        return Timer.builder(id).description(description).tags(tagged(values)).register(registry);
    }

    DistributionSummary summary(MeterRegistry registry) {
        return DistributionSummary.builder(id)
                .description(description)
                .baseUnit(unit)
                .register(registry);
    }

    void gauge(MeterRegistry registry, Supplier<Number> value) {
        Gauge.builder(id, value).description(description).baseUnit(unit).register(registry);
    }

    /** Registers gauges whose values of the tags are not known yet. */
    MultiGauge gauges(MeterRegistry registry) {
        return MultiGauge.builder(id).description(description).baseUnit(unit).register(registry);
    }

    /** Returns the tags with these values, in their order. */
    Tags tagged(String... values) {
        if (values.length != tags.size()) {
            throw new IllegalArgumentException(
                    "Metric %s has the tags %s, not %d values".formatted(id, tags, values.length));
        }
        Tags tagged = Tags.empty();
        for (int i = 0; i < values.length; i++) {
            tagged = tagged.and(tags.get(i), values[i]);
        }
        return tagged;
    }
}
