package io.reliablemessaging.relay;

import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.text.StartupNote;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells at startup which instances send the messages that this one publishes.
 *
 * @param lanes the lanes of the outbox
 * @param relay of this instance; null if it has none
 */
record SendingNote(Lanes lanes, @Nullable RelayState relay) implements StartupNote {

    @Override
    public Subject subject() {
        return Subject.SENDING;
    }

    @Override
    public List<String> lines() {
        return List.of(
                relay == null
                        ? "sending: %d lanes, by other instances only (reliable-messaging.relay.enabled=false)"
                                .formatted(lanes.count())
                        : "sending: %d lanes, this instance is %s on host %s"
                                .formatted(lanes.count(), relay.instance(), relay.host()));
    }
}
