package io.reliablemessaging.relay;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says how to keep the number of lanes, or how to change it. */
final class LaneCountFailureAnalyzer extends AbstractFailureAnalyzer<LaneCountException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, LaneCountException cause) {
        return new FailureAnalysis(
                cause.getMessage() + ". Another number would send a key's newer messages past its older ones.",
                "Set 'reliable-messaging.outbox.lanes=%d'. Or, to change it: stop all instances once tables"
                                .formatted(cause.stored())
                        + " 'outbox_message', 'outbox_quarantine' and 'outbox_published' are empty, delete the rows of"
                        + " 'relay_lane' and start with the new number.",
                cause);
    }
}
