package io.reliablemessaging.intake;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.outbox.ServerIdentity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Another server is noticed, and said once. */
@ExtendWith(OutputCaptureExtension.class)
class KnownServerTests {

    private static final ServerIdentity FIRST = new ServerIdentity("1", "system 1, timeline 1");
    private static final ServerIdentity PROMOTED = new ServerIdentity("2", "system 1, timeline 2");

    private final KnownServer server = new KnownServer();

    @Test
    void theFirstOneReplacesNone() {
        assertThat(server.isReplacedBy(FIRST)).isFalse();
    }

    @Test
    void anotherOneReplacesTheKnownOneUntilItIsKnown(CapturedOutput output) {
        server.learn(FIRST);
        assertThat(server.isReplacedBy(FIRST)).isFalse();
        assertThat(server.isReplacedBy(PROMOTED)).isTrue();
        server.learn(PROMOTED);
        server.learn(PROMOTED);
        assertThat(server.isReplacedBy(PROMOTED)).isFalse();
        assertThat(output)
                .containsOnlyOnce(
                        "on another PostgreSQL server now (system 1, timeline 2; before: system 1, timeline 1)");
    }

    @Test
    void aRoleThatMayNotAskIsNamedOnce(CapturedOutput output) {
        server.learn(new ServerIdentity("1", null));
        server.learn(new ServerIdentity("2", null));
        assertThat(output).containsOnlyOnce("may not read PostgreSQL's system identifier");
    }
}
