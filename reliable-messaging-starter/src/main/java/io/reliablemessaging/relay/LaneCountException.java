package io.reliablemessaging.relay;

/** The configured number of lanes is not the one that stored messages were spread over. */
final class LaneCountException extends RuntimeException {

    private final int stored;

    LaneCountException(int stored, int configured) {
        super("The outbox was made with %d lanes, but 'reliable-messaging.outbox.lanes' is %d"
                .formatted(stored, configured));
        this.stored = stored;
    }

    int stored() {
        return stored;
    }
}
