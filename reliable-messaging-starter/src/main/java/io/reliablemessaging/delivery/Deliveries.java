package io.reliablemessaging.delivery;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.handler.Invocation;
import io.reliablemessaging.transaction.HandlerTransaction;
import java.time.InstantSource;
import java.util.Collection;

/**
 * The three ways in which messages of one listener are delivered, with what they share.
 *
 * @param settings settings of the listener
 * @param topics its topics
 * @param live delivers records
 * @param batch delivers several records in one transaction
 * @param parked delivers parked messages
 * @param known what is known of messages before their handler is called
 */
public record Deliveries(
        ListenerSettings settings,
        Collection<String> topics,
        LiveDelivery live,
        BatchDelivery batch,
        ParkedDelivery parked,
        Known known) {

    /**
     * What is known of messages before their handler is called.
     *
     * @param crashes finds messages that end the process
     * @param parkedKeys keys that may be parked
     */
    record Known(CrashDetector crashes, ParkedKeys parkedKeys) {}

    /**
     * The handler, and the transactions around it.
     *
     * @param invocation calls it
     * @param handling transaction that the handler runs in
     * @param recording transaction that stores what follows a failure
     */
    public record Calls(Invocation invocation, HandlerTransaction handling, HandlerTransaction recording) {}

    /** Creates the deliveries of a listener. */
    public static Deliveries of(
            ListenerSettings settings,
            Collection<String> topics,
            Calls calls,
            ListenerStores stores,
            MessagingObserver observer) {
        ParkedKeys parkedKeys = new ParkedKeys(stores.parked(), settings.group(), topics);
        DependencyOutageDetector dependency =
                new DependencyOutageDetector(settings.outageTypes(), settings.maxOutage(), InstantSource.system());
        Known known = new Known(new CrashDetector(stores.history(), settings), parkedKeys);
        DeliveryServices services = new DeliveryServices(
                settings,
                calls,
                stores,
                known,
                new FailurePipeline(settings, dependency),
                new DeliveryReports(settings, observer));
        return new Deliveries(
                settings,
                topics,
                new LiveDelivery(services),
                new BatchDelivery(services),
                new ParkedDelivery(services),
                known);
    }

    /** Finds records that end the process. */
    public CrashDetector crashes() {
        return known.crashes();
    }

    /** Forgets which keys are parked, because new partitions are assigned: another instance may have parked their keys. */
    public void forgetParkedKeys() {
        known.parkedKeys().forget();
    }
}
