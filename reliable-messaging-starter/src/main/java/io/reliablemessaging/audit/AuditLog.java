package io.reliablemessaging.audit;

import io.reliablemessaging.Finding;
import io.reliablemessaging.Finding.Severity;
import io.reliablemessaging.text.ReadableLogger;
import java.util.List;
import org.slf4j.Logger;

/** Logs each finding once, and what has changed: findings that appeared and findings that are gone. Not thread-safe. */
final class AuditLog {

    private static final Logger log = ReadableLogger.of(AuditLog.class);

    private List<Finding> told = List.of();

    void tell(List<Finding> findings) {
        List<Finding> appeared = without(findings, told);
        List<Finding> gone = without(told, findings);
        told = List.copyOf(findings);
        appeared.stream().filter(AuditLog::isNotice).forEach(finding -> log.info("Noticed {}", finding));
        List<Finding> grave =
                appeared.stream().filter(finding -> !isNotice(finding)).toList();
        if (!grave.isEmpty()) {
            log.warn(
                    "{} (what they mean: META-INF/reliable-messaging/findings.md in the starter's jar):{}",
                    heading(grave),
                    FindingTable.of(grave, "  "));
        }
        if (!gone.isEmpty()) {
            log.info(
                    "No longer found, {} findings are left:{}",
                    findings.isEmpty() ? "no" : findings.size(),
                    FindingTable.of(gone, "  "));
        }
    }

    // a hint must not read like a loss
    private static String heading(List<Finding> grave) {
        long critical = grave.stream()
                .filter(finding -> finding.severity() == Severity.CRITICAL)
                .count();
        return critical > 0
                ? "Messages could be lost if one thing fails (a broker, a disk, the power): %d of %d findings are CRITICAL"
                        .formatted(critical, grave.size())
                : "A safeguard is missing, or messages have to wait: %d findings, none is CRITICAL"
                        .formatted(grave.size());
    }

    private static List<Finding> without(List<Finding> findings, List<Finding> others) {
        return findings.stream()
                .filter(finding -> others.stream().noneMatch(finding::isSameAs))
                .toList();
    }

    private static boolean isNotice(Finding finding) {
        return finding.severity() == Severity.NOTICE;
    }
}
