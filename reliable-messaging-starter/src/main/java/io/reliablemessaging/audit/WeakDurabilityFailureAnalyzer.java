package io.reliablemessaging.audit;

import java.util.stream.Collectors;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Names the settings that could lose messages, and what to change. */
final class WeakDurabilityFailureAnalyzer extends AbstractFailureAnalyzer<WeakDurabilityException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, WeakDurabilityException cause) {
        String description = cause.findings().stream()
                .map(finding -> "  - %s is %s, should be %s (%s, %s)"
                        .formatted(
                                finding.where(),
                                finding.actual(),
                                finding.required(),
                                finding.code(),
                                finding.reference()))
                .collect(Collectors.joining("\n", "Messages could be lost by:\n", ""));
        String action = cause.findings().stream()
                .map(finding -> "  - %s (%s)".formatted(finding.remedy(), finding.code()))
                .distinct()
                .collect(Collectors.joining(
                        "\n", "", "\nOr start in spite of it with 'reliable-messaging.durability.mode=warn'."));
        return new FailureAnalysis(description, action, cause);
    }
}
