package io.reliablemessaging.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The end of every run: rest, history, judgement, report. */
final class Run {

    private static final Logger log = LoggerFactory.getLogger(Run.class);

    private Run() {}

    static History end(
            String title, Site site, Operator operator, Map<String, List<String>> groups, Map<String, Integer> faults)
            throws IOException {
        site.endWork();
        site.release();
        new Recovery(site, groups).awaitRest();
        History history = new Historian(site, operator, groups).collect();
        List<Violation> violations = Checker.judge(history);
        String page = new Report(title, faults, history, violations).toString();
        Files.writeString(site.directory().resolve("report.md"), page);
        log.info("\n{}", page);
        assertThat(history.committed()).as("messages that were committed").isNotEmpty();
        assertThat(violations).as(page).isEmpty();
        return history;
    }
}
