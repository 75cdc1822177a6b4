package io.reliablemessaging.audit;

import io.reliablemessaging.Finding;
import io.reliablemessaging.settings.StartupRefusal;
import java.util.List;
import java.util.stream.Collectors;

/** Refuses the start because settings could lose messages and {@code mode=strict} forbids that. */
final class WeakDurabilityException extends StartupRefusal {

    WeakDurabilityException(List<Finding> findings) {
        super(
                findings.stream()
                        .map(finding -> "  - %s is %s, should be %s (%s)%n    %s"
                                .formatted(
                                        finding.where(),
                                        finding.actual(),
                                        finding.required(),
                                        finding.code(),
                                        FindingsPage.explanation(finding)))
                        .collect(Collectors.joining("\n", "Messages could be lost by:\n", "")),
                findings.stream()
                        .map(finding -> "  - %s (%s)".formatted(finding.remedy(), finding.code()))
                        .distinct()
                        .collect(Collectors.joining(
                                "\n", "", "\nOr start in spite of it with 'reliable-messaging.durability.mode=warn'")));
    }
}
