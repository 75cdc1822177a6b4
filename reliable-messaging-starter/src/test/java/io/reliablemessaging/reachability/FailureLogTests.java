package io.reliablemessaging.reachability;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.support.LogCapture.Line;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** What a component says of its failures when an outage explains them, and when none does. */
class FailureLogTests {

    private final SQLException listed = new SQLException("connection refused", "08001");

    private final Infrastructure infrastructure = Infrastructure.unwatched();
    private final Reachability postgres = infrastructure.postgres();
    private final FailureLog failures = new FailureLog(
            LoggerFactory.getLogger("io.reliablemessaging.something"),
            Level.WARN,
            infrastructure,
            "It fails",
            "It works again");
    private final LogCapture log = LogCapture.start();

    @AfterEach
    void close() {
        log.close();
    }

    private List<String> lines() {
        return log.ours().stream().map(Line::message).toList();
    }

    private void answers() {
        postgres.noteQuestion();
        postgres.noteAnswer();
    }

    @Test
    void whatNoOutageExplainsIsToldOnceWithItsStackTrace() {
        failures.failed(new IllegalStateException("a bug"));
        failures.failed(new IllegalStateException("a bug"));
        assertThat(log.ours()).singleElement().satisfies(line -> {
            assertThat(line.message()).isEqualTo("It fails: java.lang.IllegalStateException: a bug");
            assertThat(line.stackTrace()).contains("a bug");
        });
        failures.worked();
        failures.worked();
        assertThat(lines()).hasSize(2).contains("It works again");
    }

    @Test
    void whatFlickersIsNotToldEachTime() {
        for (int i = 0; i < 10; i++) {
            failures.failed(new IllegalStateException("a bug"));
            failures.worked();
        }
        assertThat(lines()).hasSize(2);
    }

    @Test
    void whatAnOutageExplainsIsNotTold() {
        failures.failed(listed); // nobody knows yet
        postgres.noteOutage(Instant.EPOCH, "refused");
        failures.failed(listed);
        answers();
        failures.failed(listed); // a connection that the outage has broken
        failures.worked();
        assertThat(lines()).isEmpty();
    }

    @Test
    void whatLooksLikeAnOutageAndIsNoneIsTold() {
        failures.failed(listed);
        failures.failed(listed);
        assertThat(lines()).isEmpty();
        answers();
        failures.failed(listed);
        assertThat(lines()).singleElement().asString().contains("connection refused");
    }

    @Test
    void anAnswerToAnEarlierQuestionProvesNothing() {
        postgres.noteQuestion();
        failures.failed(listed);
        postgres.noteAnswer();
        failures.failed(listed);
        assertThat(lines()).isEmpty();
    }
}
