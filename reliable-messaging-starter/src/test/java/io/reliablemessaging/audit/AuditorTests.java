package io.reliablemessaging.audit;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.Finding;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** When the audit looks, what it tells and how often, and what it refuses. */
@ExtendWith(OutputCaptureExtension.class)
class AuditorTests {

    private static final Finding CRITICAL = FindingCode.TOO_FEW_REPLICAS.finding("replicas of t", 1, 3, "Add some.");
    private static final Finding WARNING = FindingCode.BROKER_DOWN.finding("broker 2", "down", "up", "Start it.");
    private static final Finding NOTICE = FindingCode.SINGLE_BROKER.finding("brokers", 1, 3, "Fine.");

    private volatile List<Finding> found = List.of();
    private Auditor auditor = auditor(DurabilityMode.WARN, Duration.ofDays(1), () -> found);

    private static Auditor auditor(DurabilityMode mode, Duration interval, DurabilityCheck... checks) {
        return new Auditor(() -> List.of(checks), mode, interval);
    }

    @AfterEach
    void stop() {
        auditor.stop();
    }

    @Test
    void tellsInOneTableTheGravestFirstWithTheWayToThePage(CapturedOutput output) {
        found = List.of(WARNING, CRITICAL);
        auditor.start();
        assertThat(auditor.findings()).containsExactly(CRITICAL, WARNING);
        assertThat(output.toString().lines().filter(line -> line.contains(" WARN ")))
                .hasSize(1);
        assertThat(output.toString().lines().filter(line -> line.contains("RM-")))
                .containsExactly(
                        "  RM-B003  CRITICAL  replicas of t  1     should be 3   Add some.",
                        "  RM-B015  WARNING   broker 2       down  should be up  Start it.");
    }

    @Test
    void tellsAgainOnlyWhatHasChanged(CapturedOutput output) {
        found = List.of(CRITICAL);
        auditor.start();
        String first = output.toString();
        auditor.look();
        assertThat(output.toString()).isEqualTo(first);
        found = List.of(CRITICAL, WARNING);
        auditor.look();
        assertThat(output.toString().substring(first.length()))
                .contains("RM-B015")
                .doesNotContain("RM-B003");
        String second = output.toString();
        found = List.of(WARNING);
        auditor.look();
        assertThat(output.toString().substring(second.length()))
                .contains("No longer found, 1 findings are left", "RM-B003")
                .doesNotContain("RM-B015");
    }

    @Test
    void aNoticeIsOneQuietLine(CapturedOutput output) {
        found = List.of(NOTICE);
        auditor.start();
        assertThat(output.toString().lines().filter(line -> line.contains("RM-")))
                .singleElement(as(STRING))
                .contains(" INFO ", "RM-B002 brokers: 1, should be 3. Fine.");
    }

    @Test
    void goesOnLooking() {
        auditor = auditor(DurabilityMode.WARN, Duration.ofMillis(1), () -> found);
        auditor.start();
        found = List.of(CRITICAL);
        await().until(() -> auditor.findings().equals(List.of(CRITICAL)));
        found = List.of();
        await().until(() -> auditor.findings().isEmpty());
    }

    @Test
    void strictRefusesOnlyWhatIsCritical() {
        auditor = auditor(DurabilityMode.STRICT, Duration.ofDays(1), () -> found);
        found = List.of(WARNING, NOTICE);
        auditor.start();
        auditor.stop();
        found = List.of(WARNING, CRITICAL);
        assertThatExceptionOfType(WeakDurabilityException.class)
                .isThrownBy(auditor::start)
                .satisfies(refusal ->
                        assertThat(refusal.problem()).contains(CRITICAL.code()).doesNotContain(WARNING.code()));
    }

    @Test
    void aHintDoesNotReadLikeALoss(CapturedOutput output) {
        found = List.of(WARNING);
        auditor.start();
        assertThat(output)
                .contains("A safeguard is missing, or messages have to wait: 1 findings, none is CRITICAL")
                .contains("META-INF/reliable-messaging/findings.md")
                .doesNotContain("could be lost");
        found = List.of(WARNING, CRITICAL);
        auditor.look();
        assertThat(output).contains("Messages could be lost if one thing fails (a broker, a disk, the power): 1 of 1");
    }

    @Test
    void aRefusalSaysWhatMayHappenWithoutAnotherPage() {
        auditor = auditor(DurabilityMode.STRICT, Duration.ofDays(1), () -> found);
        found = List.of(CRITICAL);
        assertThatExceptionOfType(WeakDurabilityException.class)
                .isThrownBy(auditor::start)
                .satisfies(refusal -> assertThat(refusal.problem())
                        .contains("replicas of t is 1, should be 3 (RM-B003)")
                        .contains("A confirmed message is on so few disks that losing them loses the message."));
    }

    @Test
    void doesNotLookIfNobodyWantsToKnow() {
        auditor = auditor(DurabilityMode.OFF, Duration.ofMillis(1), () -> {
            throw new AssertionError("looked");
        });
        auditor.start();
        assertThat(auditor.look()).isEmpty();
    }

    @Test
    void whatIsAnsweredBecauseItStopsMeansNothing(CapturedOutput output) throws InterruptedException {
        CountDownLatch askedAgain = new CountDownLatch(1);
        Iterator<DurabilityCheck> looks = List.<DurabilityCheck>of(
                        () -> found, () -> answerWhenInterrupted(askedAgain), () -> found)
                .iterator();
        auditor = auditor(
                DurabilityMode.WARN, Duration.ofMillis(1), () -> looks.next().run());
        auditor.start();
        askedAgain.await();
        auditor.stop();
        auditor.look(); // not before the one that was stopped has ended
        assertThat(output).doesNotContain("RM-B003");
    }

    private static List<Finding> answerWhenInterrupted(CountDownLatch asked) {
        asked.countDown();
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return List.of(CRITICAL);
    }

    @Test
    void oneCheckThatFailsDoesNotHideTheOthers(CapturedOutput output) {
        auditor = auditor(
                DurabilityMode.WARN,
                Duration.ofDays(1),
                () -> {
                    throw new IllegalStateException("broken");
                },
                () -> List.of(CRITICAL));
        auditor.start();
        assertThat(auditor.findings()).containsExactly(CRITICAL);
        assertThat(output).contains("broken");
    }

    @Test
    void whatWasFoundStaysWhileItsCheckFails() {
        auditor = auditor(DurabilityMode.WARN, Duration.ofDays(1), () -> {
            if (found.isEmpty()) {
                throw new IllegalStateException("broken");
            }
            return found;
        });
        found = List.of(CRITICAL);
        auditor.start();
        found = List.of();
        assertThat(auditor.look()).containsExactly(CRITICAL);
    }

    @Test
    void strictRefusesWhatItCannotSee() {
        auditor = auditor(DurabilityMode.STRICT, Duration.ofDays(1), () -> {
            throw new IllegalStateException("broken");
        });
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(auditor::start)
                .withMessage("broken");
    }
}
