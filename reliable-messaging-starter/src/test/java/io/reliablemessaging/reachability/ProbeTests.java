package io.reliablemessaging.reachability;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.reachability.AvailabilityQuestion.Answer;
import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.support.LogCapture.Line;
import io.reliablemessaging.text.LogStyle;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.mock.env.MockEnvironment;

/** When something is away, when it is back, and what is told of it meanwhile. */
class ProbeTests {

    private static final Answer SILENT = new Answer.Silent("refused");

    private final AtomicLong nanos = new AtomicLong(1);
    private final AtomicLong waiting = new AtomicLong();
    private final AtomicLong done = new AtomicLong();
    private final Deque<Runnable> asked = new ArrayDeque<>();
    private final Reachability kafka = new Reachability("Kafka", ClusterFailures::suspectCluster, nanos::get);
    private final LogCapture log = LogCapture.start();
    private Answer answer = new Answer.There();
    private boolean meansSilence;
    private @Nullable Answer other;

    private final Probe probe = new Probe(
            kafka,
            new AvailabilityQuestion() {
                @Override
                public Answer ask() {
                    return answer;
                }

                @Override
                public Answer askOtherwise(String cause) {
                    return other == null ? AvailabilityQuestion.super.askOtherwise(cause) : other;
                }

                @Override
                public boolean meansSilence() {
                    return meansSilence;
                }

                @Override
                public String where() {
                    return "no broker answers at here:9092";
                }

                @Override
                public void close() {}
            },
            asked::add,
            nanos::get,
            this::now,
            new OutageLog(this::now));

    private Instant now() {
        return Instant.EPOCH.plusNanos(nanos.get());
    }

    @AfterEach
    void close() {
        log.close();
    }

    /** Lets time pass as the probe's thread sees it; questions are answered at once. */
    private void pass(Duration time) {
        for (long millis = 0; millis < time.toMillis(); millis += 500) {
            nanos.addAndGet(Duration.ofMillis(500).toNanos());
            probe.tick();
            answerAll();
        }
    }

    private void answerAll() {
        for (Runnable question = asked.poll(); question != null; question = asked.poll()) {
            question.run();
        }
    }

    private List<String> lines() {
        return log.ours("Kafka").stream().map(Line::message).toList();
    }

    @Test
    void nobodyIsAskedWhereNobodyDependsOnItAndNothingHasFailed() {
        pass(Duration.ofMinutes(1));
        assertThat(kafka.questions()).isZero();
    }

    @Test
    void whoeverDependsOnItHasItAskedNowAndThen() {
        kafka.watch();
        pass(Duration.ofMinutes(1));
        assertThat(kafka.questions()).isBetween(8L, 12L);
    }

    @Test
    void isNotAskedWhileSomebodyWorksWithItUnlessSomethingFails() {
        kafka.watch();
        for (int i = 0; i < 60; i++) {
            kafka.noteUse();
            pass(Duration.ofSeconds(1));
        }
        assertThat(kafka.questions()).isLessThanOrEqualTo(1);
        pass(Duration.ofSeconds(10));
        assertThat(kafka.questions()).as("silence means nothing").isPositive();
        long before = kafka.questions();
        kafka.noteUse();
        kafka.suspect(new TimeoutException("slow"));
        pass(Duration.ofSeconds(2));
        assertThat(kafka.questions()).isGreaterThan(before);
    }

    @Test
    void aFailureAloneIsNoOutage() {
        kafka.suspect(new TimeoutException("slow"));
        pass(Duration.ofSeconds(10));
        assertThat(kafka.isAway()).isFalse();
        assertThat(lines()).isEmpty();
    }

    @Test
    void whatIsNotListedRaisesNoSuspicion() {
        assertThat(kafka.suspect(new IllegalStateException("no.such.Assignor"))).isFalse();
        pass(Duration.ofSeconds(10));
        assertThat(kafka.questions()).isZero();
    }

    @Test
    void aFailureThatTheProbeMeetsTooIsAnOutageSinceItWasFirstSuspected() {
        answer = SILENT;
        kafka.suspect(new TimeoutException("slow"));
        pass(Duration.ofSeconds(1));
        assertThat(kafka.away())
                .contains(new Reachability.Away(Instant.EPOCH.plusMillis(500).plusNanos(1), "refused"));
    }

    @Test
    void withoutASuspicionOneSilenceIsNoOutageAndTwoAre() {
        kafka.watch();
        answer = SILENT;
        pass(Duration.ofMillis(500));
        assertThat(kafka.questions()).isOne();
        assertThat(kafka.isAway()).isFalse();
        pass(Duration.ofSeconds(2));
        assertThat(kafka.isAway()).isTrue();
    }

    @Test
    void aQuestionThatLastsIsAnOutageIfSomethingHasFailed() {
        kafka.suspect(new TimeoutException("slow"));
        hangButAskOtherwise();
        assertThat(kafka.isAway()).isTrue();
        answerAll();
        assertThat(kafka.isAway()).isFalse();
    }

    @Test
    void twoQuestionsThatLastAreAnOutageIfSomethingHasFailed() {
        kafka.suspect(new TimeoutException("slow"));
        hang(Duration.ofSeconds(10));
        assertThat(kafka.isAway()).isFalse();
        hang(Duration.ofSeconds(5));
        assertThat(kafka.isAway()).isTrue();
    }

    @Test
    void anOutageIsOverWhenTheOtherQuestionIsAnsweredThoughTheFirstHangs() {
        kafka.suspect(new TimeoutException("slow"));
        hangButAskOtherwise();
        assertThat(kafka.isAway()).isTrue();
        other = new Answer.There();
        hangButAskOtherwise();
        assertThat(kafka.isAway()).isFalse();
    }

    @Test
    void aQuestionThatLastsMeansNothingIfItMayWaitForAConnection() {
        kafka.watch();
        hang(Duration.ofSeconds(60));
        assertThat(kafka.isAway()).isFalse();
        meansSilence = true;
        hang(Duration.ofSeconds(1));
        assertThat(kafka.isAway()).isTrue();
    }

    @Test
    void whatRefusesIsThereAndTheFirstQuestionHasTheLastWord() {
        other = new Answer.Refused("it lets nobody in");
        kafka.suspect(new TimeoutException("slow"));
        hangButAskOtherwise();
        assertThat(kafka.isAway()).isFalse();
        assertThat(kafka.refusal()).contains("it lets nobody in");
        assertThat(lines()).isEmpty();
        assertThat(log.ours("lets nobody in")).hasSize(1);
        hangButAskOtherwise();
        assertThat(kafka.isAway()).isFalse();
        Runnable first = asked.element();
        asked.clear();
        first.run();
        assertThat(kafka.refusal()).isEmpty();
        pass(Duration.ofSeconds(1));
        assertThat(lines()).containsExactly("Kafka accepts the login of this application again");
    }

    @Test
    void whatAnswersAnotherQuestionIsNotAway() {
        other = new Answer.There();
        kafka.suspect(new TimeoutException("slow"));
        hangButAskOtherwise();
        kafka.suspect(new TimeoutException("slow"));
        hangButAskOtherwise();
        assertThat(kafka.isAway()).isFalse();
        other = new Answer.Silent("nobody listens");
        kafka.suspect(new TimeoutException("slow"));
        hangButAskOtherwise();
        assertThat(kafka.away())
                .hasValueSatisfying(away -> assertThat(away.cause()).isEqualTo("nobody listens"));
    }

    /** The first question hangs; others, which come later, are answered at once. */
    private void hangButAskOtherwise() {
        for (int millis = 0; millis < 10_000; millis += 500) {
            nanos.addAndGet(Duration.ofMillis(500).toNanos());
            probe.tick();
            while (asked.size() > 1) {
                asked.removeLast().run();
            }
        }
    }

    private void hang(Duration time) {
        for (long millis = 0; millis < time.toMillis(); millis += 500) {
            nanos.addAndGet(Duration.ofMillis(500).toNanos());
            probe.tick();
        }
    }

    @Test
    void itIsOverWhenItHasAnsweredAndNotWhenNobodyCouldAsk() {
        answer = SILENT;
        kafka.suspect(new TimeoutException("slow"));
        pass(Duration.ofSeconds(2));
        answer = new Answer.Unknown("no connection in the pool");
        pass(Duration.ofSeconds(30));
        assertThat(kafka.isAway()).isTrue();
        answer = new Answer.There();
        pass(Duration.ofSeconds(2));
        assertThat(kafka.isAway()).isFalse();
        assertThat(kafka.isDisturbed()).isTrue();
        pass(Duration.ofSeconds(70));
        assertThat(kafka.isDisturbed()).isFalse();
    }

    @Test
    void anOutageIsALineAtItsStartOneAMinuteAndOneWhenWhatWaitedIsSent() {
        tellWhatWaits();
        done.set(7);
        answer = SILENT;
        kafka.suspect(new TimeoutException("slow"));
        pass(Duration.ofSeconds(2));
        waiting.set(330);
        pass(Duration.ofSeconds(150));
        answer = new Answer.There();
        pass(Duration.ofSeconds(3));
        assertThat(lines())
                .containsExactly(
                        "Kafka is away: no broker answers at here:9092 (refused)",
                        "Kafka is still away, for 1 min now; 330 messages wait to be sent",
                        "Kafka is still away, for 2 min now; 330 messages wait to be sent");
        done.set(337);
        pass(Duration.ofSeconds(1));
        assertThat(lines())
                .last()
                .asString()
                .startsWith("Kafka is back after 2 min 32 s; 330 messages waited, sent in ");
        pass(Duration.ofMinutes(5));
        assertThat(lines()).hasSize(4);
    }

    @Test
    void withExceptionsClassNoLineHasWhatTheFailureSays() {
        answer = new Answer.Silent("org.example.Refused: at host 10.0.0.7");
        logExceptions("class");
        try {
            kafka.suspect(new TimeoutException("slow"));
            pass(Duration.ofSeconds(2));
            assertThat(lines()).containsExactly("Kafka is away: no broker answers at here:9092 (org.example.Refused)");
        } finally {
            logExceptions("full");
        }
    }

    private static void logExceptions(String style) {
        LogStyle.postProcessor(new MockEnvironment().withProperty("reliable-messaging.logging.exceptions", style))
                .postProcessBeanFactory(new DefaultListableBeanFactory());
    }

    @Test
    void theLastLineDoesNotWaitForEver() {
        tellWhatWaits();
        answer = SILENT;
        kafka.suspect(new TimeoutException("slow"));
        waiting.set(20);
        pass(Duration.ofSeconds(10));
        answer = new Answer.There();
        done.set(5);
        pass(Duration.ofMinutes(1));
        assertThat(lines()).last().asString().contains("20 messages waited, 5 of them sent within 30 s");
    }

    @Test
    void awayAgainBeforeAllIsSentIsTwoOutages() {
        tellWhatWaits();
        answer = SILENT;
        kafka.suspect(new TimeoutException("slow"));
        waiting.set(20);
        pass(Duration.ofSeconds(10));
        answer = new Answer.There();
        pass(Duration.ofSeconds(3));
        answer = SILENT;
        kafka.suspect(new TimeoutException("slow"));
        pass(Duration.ofSeconds(3));
        assertThat(lines()).hasSize(3).element(1).asString().contains("and is away again");
    }

    private void tellWhatWaits() {
        kafka.setWaitingMessages(new WaitingMessages() {
            @Override
            public OptionalLong waiting() {
                return OptionalLong.of(waiting.get());
            }

            @Override
            public long done() {
                return done.get();
            }

            @Override
            public String participle() {
                return "sent";
            }
        });
    }
}
