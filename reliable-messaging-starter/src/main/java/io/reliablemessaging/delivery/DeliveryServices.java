package io.reliablemessaging.delivery;

import io.reliablemessaging.handler.Invocation;
import io.reliablemessaging.transaction.HandlerTransaction;

/**
 * Holds what the deliveries of one listener share.
 *
 * @param settings settings of the listener
 * @param calls calls the handler, in transactions
 * @param stores the tables that are read and written
 * @param known what is known of messages before their handler is called
 * @param failures decides about failures
 * @param reports logs outcomes and tells observers
 */
record DeliveryServices(
        ListenerSettings settings,
        Deliveries.Calls calls,
        ListenerStores stores,
        Deliveries.Known known,
        FailurePipeline failures,
        DeliveryReports reports) {

    Invocation invocation() {
        return calls.invocation();
    }

    HandlerTransaction handling() {
        return calls.handling();
    }

    HandlerTransaction recording() {
        return calls.recording();
    }

    ParkedKeys parkedKeys() {
        return known.parkedKeys();
    }

    CrashDetector crashes() {
        return known.crashes();
    }
}
