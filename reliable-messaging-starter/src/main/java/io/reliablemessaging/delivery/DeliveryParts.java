package io.reliablemessaging.delivery;

import io.reliablemessaging.handler.HandlerTransaction;
import io.reliablemessaging.handler.Invocation;

/**
 * What the deliveries of one listener share.
 *
 * @param settings how the listener works
 * @param invocation calls the handler
 * @param handling transaction that the handler runs in
 * @param recording transaction that stores what follows a failure
 * @param stores what is read and written
 * @param parkedKeys keys that may be parked
 * @param crashes finds messages that end the process
 * @param failures decides about failures
 * @param reports tells log and observers
 */
record DeliveryParts(
        ListenerSettings settings,
        Invocation invocation,
        HandlerTransaction handling,
        HandlerTransaction recording,
        ListenerStores stores,
        ParkedKeys parkedKeys,
        CrashDetection crashes,
        FailurePipeline failures,
        Reports reports) {}
