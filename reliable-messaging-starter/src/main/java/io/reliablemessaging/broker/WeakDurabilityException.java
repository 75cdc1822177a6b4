package io.reliablemessaging.broker;

import java.util.List;

/** Settings could lose messages, and the application insists on those that cannot. */
final class WeakDurabilityException extends RuntimeException {

    private final List<Finding> findings;

    WeakDurabilityException(List<Finding> findings) {
        super("Settings could lose messages: " + findings);
        this.findings = findings;
    }

    List<Finding> findings() {
        return findings;
    }
}
