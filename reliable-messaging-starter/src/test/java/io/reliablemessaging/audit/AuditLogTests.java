package io.reliablemessaging.audit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.reliablemessaging.Finding;
import io.reliablemessaging.Finding.Severity;
import io.reliablemessaging.support.LogCapture;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Findings are told once, and again only if they change. */
class AuditLogTests {

    private static final Finding CRITICAL = finding(Severity.CRITICAL, "one");
    private static final Finding WARNING = finding(Severity.WARNING, "two");
    private static final Finding NOTICE = finding(Severity.NOTICE, "three");

    private final LogCapture log = LogCapture.start();
    private final AuditLog audit = new AuditLog();

    @AfterEach
    void close() {
        log.close();
    }

    @Test
    void whatIsFoundAgainIsNotToldAgain() {
        audit.tell(List.of(CRITICAL));
        assertThat(lines()).hasSize(1);
        audit.tell(List.of(new Finding(
                CRITICAL.code(), CRITICAL.severity(), CRITICAL.where(), "worse by now", "good", "Fix it.")));
        assertThat(lines()).as("in the same place").hasSize(1);
    }

    @Test
    void whatAppearsAndWhatIsGoneIsToldByItself() {
        audit.tell(List.of(CRITICAL));
        log.clear();
        audit.tell(List.of(WARNING));
        assertThat(log.ours("AuditLogTests two"))
                .hasSize(1)
                .allSatisfy(line -> assertThat(line.level()).isEqualTo(Level.WARN));
        assertThat(log.ours("AuditLogTests one"))
                .hasSize(1)
                .allSatisfy(line -> assertThat(line.message()).startsWith("No longer found, 1 findings are left"));
        log.clear();
        audit.tell(List.of());
        assertThat(log.ours("No longer found, no findings are left")).hasSize(1);
        audit.tell(List.of(CRITICAL));
        assertThat(log.ours("AuditLogTests one")).as("it is back").hasSize(1);
    }

    @Test
    void onlyCriticalFindingsAreCalledALoss() {
        audit.tell(List.of(CRITICAL, WARNING));
        assertThat(log.ours("Messages could be lost"))
                .hasSize(1)
                .allSatisfy(line -> assertThat(line.message()).contains("1 of 2 findings are CRITICAL"));
        log.clear();
        audit.tell(List.of());
        audit.tell(List.of(WARNING));
        assertThat(log.ours("1 findings, none is CRITICAL")).hasSize(1);
        assertThat(log.ours("Messages could be lost")).isEmpty();
    }

    @Test
    void aNoticeIsNoWarning() {
        audit.tell(List.of(NOTICE));
        assertThat(lines())
                .hasSize(1)
                .allSatisfy(line -> assertThat(line.level()).isEqualTo(Level.INFO));
    }

    private List<LogCapture.Line> lines() {
        return log.ours("AuditLogTests");
    }

    private static Finding finding(Severity severity, String name) {
        return new Finding("RM-X001", severity, "AuditLogTests " + name, "bad", "good", "Fix it.");
    }
}
