package io.reliablemessaging.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.reliablemessaging.Confirmation;
import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.RedriveJob;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Counts and times what happens to messages. Looks each meter up only once, because this runs for every message. */
final class MeteringObserver implements MessagingObserver {

    private final MeterRegistry registry;
    private final InstantSource clock;
    private final Map<String, Counter> published = new ConcurrentHashMap<>();
    private final Map<String, Timer> sent = new ConcurrentHashMap<>();
    private final Map<Arrivals, ArrivalMeters> arrivals = new ConcurrentHashMap<>();
    private final DistributionSummary batches;
    private final Counter fenced;
    private final Counter redriven;
    private final RedriveMeters redrives;

    /** The tags that distinguish the meters of deliveries. */
    private record Arrivals(String topic, String group, String listener) {}

    MeteringObserver(MeterRegistry registry, InstantSource clock) {
        this.registry = registry;
        this.clock = clock;
        this.batches = MessagingMetric.BATCH.summary(registry);
        this.fenced = MessagingMetric.FENCED.counter(registry);
        this.redriven = MessagingMetric.REDRIVEN.counter(registry);
        this.redrives = new RedriveMeters(registry);
    }

    @Override
    public void published(MessageId id, String topic) {
        published
                .computeIfAbsent(topic, each -> MessagingMetric.PUBLISHED.counter(registry, each))
                .increment();
    }

    @Override
    public void sent(Confirmation confirmation, Duration waited) {
        sent.computeIfAbsent(confirmation.topic(), each -> MessagingMetric.LATENCY.timer(registry, each))
                .record(waited);
    }

    @Override
    public void batchSent(int messages) {
        batches.record(messages);
    }

    @Override
    public void notSent(MessageId id, String topic, Throwable cause) {
        MessagingMetric.RETRIES.counter(registry, topic).increment();
    }

    @Override
    public void quarantined(MessageId id, String topic, Throwable cause) {
        MessagingMetric.QUARANTINED.counter(registry, topic).increment();
    }

    @Override
    public void fenced() {
        fenced.increment();
    }

    @Override
    public void called(Delivery delivery, Duration took, @Nullable Throwable failure) {
        ArrivalMeters meters = meters(delivery);
        meters.handler(failure == null).record(took);
        // not negative: the publisher's clock may be ahead
        Duration age = Duration.between(delivery.publishedAt(), clock.instant()).minus(took);
        meters.age().record(age.isNegative() ? Duration.ZERO : age);
    }

    @Override
    public void handled(Delivery delivery) {
        meters(delivery).count(ArrivalOutcome.HANDLED);
    }

    @Override
    public void duplicate(Delivery delivery) {
        meters(delivery).count(ArrivalOutcome.DUPLICATE);
    }

    @Override
    public void differentDuplicate(Delivery delivery) {
        MessagingMetric.DIFFERENT
                .counter(registry, delivery.topic(), delivery.group(), delivery.listener())
                .increment();
    }

    @Override
    public void failed(Delivery delivery, Throwable cause, Duration retryIn) {
        meters(delivery).count(ArrivalOutcome.FAILED);
    }

    @Override
    public void waiting(Delivery delivery) {
        meters(delivery).count(ArrivalOutcome.WAITING);
    }

    @Override
    public void dead(Delivery delivery, Throwable cause) {
        meters(delivery).count(ArrivalOutcome.DEAD);
    }

    @Override
    public void redriven(int messages) {
        redriven.increment(messages);
    }

    @Override
    public void redriveProgressed(RedriveJob before, RedriveJob after) {
        redrives.progressed(before, after);
    }

    private ArrivalMeters meters(Delivery delivery) {
        return arrivals.computeIfAbsent(
                new Arrivals(delivery.topic(), delivery.group(), delivery.listener()),
                each -> new ArrivalMeters(registry, each.topic(), each.group(), each.listener()));
    }
}
