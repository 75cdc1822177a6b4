package io.reliablemessaging.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.RedriveJob;
import io.reliablemessaging.faults.Violation.Promise;
import io.reliablemessaging.faults.bank.Transfer;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Instances that carry on a redrive job are killed, and the checker judges what came of it. */
@Tag("long")
class RedriveFaultsIT {

    private static final int MESSAGES = 10_000;
    private static final int KEYS = 40;
    private static final int CHUNK = 500;

    // slow enough that instances can be killed and started again meanwhile
    private static final int PER_SECOND = 150;

    private Site site;

    @Test
    void aRedriveOfTenThousandTakesEffectOnceInOrderThoughItsInstancesAreKilled() throws Exception {
        try (Site started = Site.startSmall("redrive");
                Operator operator = new Operator(started)) {
            site = started;
            // each message on the dead-letter topic stays there: the producers' side has nothing to do with the redrive
            for (int i = 0; i < MESSAGES; i += CHUNK) {
                operator.post(IntStream.range(i, i + CHUNK)
                        .mapToObj(number -> Transfer.failing("k" + number % KEYS, -1))
                        .toList());
            }
            Instance failing = consumer("failing", "reliable-messaging.listener.max-attempts=1");
            Rest.await(
                    "all are dead letters",
                    () -> nullIf(count("reliable_messaging.parked_message where state = 'DEAD'"), MESSAGES));
            Rest.await("all are on the dead-letter topic", () -> nullIf(count("reliable_messaging.outbox_message"), 0));
            failing.kill();

            RedriveJob job = operator.startRedrive(PER_SECOND);
            Instance first = consumer("first", "bank.repaired=true");
            Instance second = consumer("second", "bank.repaired=true");
            first.awaitStarted();
            second.awaitStarted();
            for (Instance victim : List.of(first, second, first)) {
                long before = operator.job(job).succeeded();
                Rest.await("a thousand more are handled", () -> {
                    RedriveJob now = operator.job(job);
                    return now.succeeded() > before + 1_000 || now.endedAt() != null ? null : now;
                });
                victim.kill();
                assertThat(operator.job(job).endedAt())
                        .as("the kill was in time")
                        .isNull();
                victim.ensureRunning(); // and the other one carries on
            }
            Rest.await("the end of the job", () -> {
                RedriveJob now = operator.job(job);
                return now.endedAt() == null ? now : null;
            });
            assertThat(operator.job(job)).satisfies(end -> {
                assertThat(end.state()).isEqualTo(RedriveJob.State.DONE);
                assertThat(end.picked()).isEqualTo(MESSAGES);
                assertThat(end.succeeded()).isEqualTo(MESSAGES);
                assertThat(end.failed()).isZero();
                assertThat(end.skipped()).isZero();
            });
            assertThat(count("bank.effect")).isEqualTo(MESSAGES);
            assertThat(count("reliable_messaging.operation_log where action = 'redrive dead letter'"))
                    .as("each was redriven once")
                    .isEqualTo(MESSAGES);
            assertThat(count("reliable_messaging.redrive_message")).isZero();
            // once dead, a message is on the dead-letter topic for ever
            assertThat(Checker.judge(new Historian(site, operator, Map.of("transfers", List.of("booking"))).collect()))
                    .filteredOn(violation -> violation.promise() != Promise.DEAD_LETTERS_AGREE)
                    .isEmpty();
        }
    }

    private Instance consumer(String name, String... properties) {
        Instance instance = site.addConsumer(name, properties);
        instance.launch();
        return instance;
    }

    private long count(String what) {
        return site.jdbc().sql("select count(*) from " + what).query(Long.class).single();
    }

    private static Long nullIf(long now, long wanted) {
        return now == wanted ? null : Long.valueOf(now);
    }
}
