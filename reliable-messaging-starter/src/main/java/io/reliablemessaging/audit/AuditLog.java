package io.reliablemessaging.audit;

import io.reliablemessaging.Finding;
import io.reliablemessaging.Finding.Severity;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells of findings once, and of changes: what has appeared, what is gone. Not used by several threads at once. */
final class AuditLog {

    private static final Logger log = LoggerFactory.getLogger(AuditLog.class);

    private List<Finding> told = List.of();

    void tell(List<Finding> findings) {
        List<Finding> appeared = without(findings, told);
        List<Finding> gone = without(told, findings);
        boolean first = told.isEmpty();
        told = List.copyOf(findings);
        appeared.stream().filter(AuditLog::isNotice).forEach(finding -> log.info("Noticed {}", finding));
        List<Finding> grave =
                appeared.stream().filter(finding -> !isNotice(finding)).toList();
        if (!grave.isEmpty()) {
            log.warn("Messages could {}be lost, or have to wait:{}", first ? "" : "now ", FindingTable.of(grave, "  "));
        }
        if (!gone.isEmpty()) {
            log.info(
                    "No longer found, {} findings are left:{}",
                    findings.isEmpty() ? "no" : findings.size(),
                    FindingTable.of(gone, "  "));
        }
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
