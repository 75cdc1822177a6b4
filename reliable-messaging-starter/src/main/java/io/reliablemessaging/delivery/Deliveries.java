package io.reliablemessaging.delivery;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.handler.HandlerTransaction;
import io.reliablemessaging.handler.Invocation;
import java.time.InstantSource;
import java.util.Collection;

/**
 * Assembles the ways in which messages of one listener are delivered.
 *
 * @param settings how the listener works
 * @param topics what it listens to
 * @param live delivers records
 * @param batch delivers records that have arrived together
 * @param parked delivers parked messages
 * @param crashes finds records that end the process
 * @param parkedKeys keys that may be parked
 */
public record Deliveries(
        ListenerSettings settings,
        Collection<String> topics,
        LiveDelivery live,
        BatchDelivery batch,
        ParkedDelivery parked,
        CrashDetection crashes,
        ParkedKeys parkedKeys) {

    /**
     * Calls of the handler.
     *
     * @param invocation calls it
     * @param handling transaction that it runs in
     * @param recording transaction that stores what follows a failure
     */
    public record Calls(Invocation invocation, HandlerTransaction handling, HandlerTransaction recording) {}

    /** Assembles them. */
    public static Deliveries of(
            ListenerSettings settings,
            Collection<String> topics,
            Calls calls,
            ListenerStores stores,
            MessagingObserver observer) {
        ParkedKeys parkedKeys = new ParkedKeys(stores.parked(), settings.group(), topics);
        DependencyFailures dependency =
                new DependencyFailures(settings.outageTypes(), settings.maxOutage(), InstantSource.system());
        CrashDetection crashes = new CrashDetection(stores.watch(), settings);
        DeliveryParts parts = new DeliveryParts(
                settings,
                calls.invocation(),
                calls.handling(),
                calls.recording(),
                stores,
                parkedKeys,
                crashes,
                new FailurePipeline(settings, dependency),
                new Reports(settings, observer));
        return new Deliveries(
                settings,
                topics,
                new LiveDelivery(parts),
                new BatchDelivery(parts),
                new ParkedDelivery(parts),
                crashes,
                parkedKeys);
    }

    /** Partitions were assigned: somebody else may have parked their keys. */
    public void assigned() {
        parkedKeys.forget();
    }
}
