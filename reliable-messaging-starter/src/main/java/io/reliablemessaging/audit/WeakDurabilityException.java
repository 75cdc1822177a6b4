package io.reliablemessaging.audit;

import io.reliablemessaging.Finding;
import java.util.List;

/** Settings could lose messages, and the application insists on those that cannot. */
final class WeakDurabilityException extends RuntimeException {

    private final transient List<Finding> findings;

    WeakDurabilityException(List<Finding> findings) {
        super("Messages could be lost by: " + findings);
        this.findings = findings;
    }

    List<Finding> findings() {
        return findings;
    }
}
