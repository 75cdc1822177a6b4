package io.reliablemessaging.relay;

/** The configured number of lanes is not the one that stored messages were spread over. */
final class LaneCountException extends RuntimeException {

    LaneCountException(int stored, int configured) {
        super(
                "The outbox was made with %d lanes, but reliable-messaging.outbox.lanes is %d. Another number would send a"
                                .formatted(stored, configured)
                        + " key's newer messages past its older ones. Set reliable-messaging.outbox.lanes=%d; or stop all"
                                .formatted(stored)
                        + " instances when outbox_message is empty, delete the rows of relay_lane and start with the new number.");
    }
}
