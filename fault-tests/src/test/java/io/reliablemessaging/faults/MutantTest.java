package io.reliablemessaging.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.faults.Violation.Promise;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInfo;

/**
 * The checker can fail: each test plays a story twice, with the library as it is and with one mechanism taken out of it. The first
 * time the checker must be content, the second time it must not.
 */
abstract class MutantTest {

    static Site site;
    static Operator operator;

    private final Map<String, List<String>> groups;

    /** What happens. The patch is to be put into the instances concerned. */
    interface Story {
        void play(Path patch, boolean mutated) throws Exception;
    }

    /**
     * Makes a test.
     *
     * @param groups groups that read each topic
     */
    MutantTest(Map<String, List<String>> groups) {
        this.groups = groups;
    }

    @BeforeAll
    static void start(TestInfo test) throws IOException {
        site = Site.startSmall(test.getTestClass().orElseThrow().getSimpleName());
        operator = new Operator(site);
    }

    @AfterAll
    static void stop() {
        operator.close();
        site.close();
    }

    void caught(Promise promise, Mutant mutant, Story story) throws Exception {
        caught(promise, new Mutant(), mutant, story);
    }

    /**
     * Plays the story twice.
     *
     * @param always woven in both times
     * @param mutant woven in the second time
     */
    void caught(Promise promise, Mutant always, Mutant mutant, Story story) throws Exception {
        assertThat(played(always, false, story)).as("with the library as it is").isEmpty();
        assertThat(played(always.and(mutant), true, story))
                .as("without the mechanism")
                .extracting(Violation::promise)
                .contains(promise);
    }

    List<Violation> played(Mutant patch, boolean mutated, Story story) throws Exception {
        site.beginAnew();
        Path classes =
                site.directory().resolve("patches").resolve(UUID.randomUUID().toString());
        patch.writeTo(classes);
        story.play(classes, mutated);
        return Checker.judge(new Historian(site, operator, groups).collect());
    }

    static void awaitEmptyOutbox() {
        awaitEmpty("reliable_messaging.outbox_message");
        awaitEmpty("reliable_messaging.outbox_quarantine");
    }

    static void awaitEmpty(String table) {
        Rest.await("nothing in " + table, () -> {
            long rows = count(table);
            return rows == 0 ? null : rows;
        });
    }

    static void awaitRows(String table, long rows) {
        Rest.await(rows + " rows in " + table, () -> {
            long now = count(table);
            return now >= rows ? null : now;
        });
    }

    static long count(String table) {
        return site.jdbc()
                .sql("select count(*) from " + table)
                .query(Long.class)
                .single();
    }
}
