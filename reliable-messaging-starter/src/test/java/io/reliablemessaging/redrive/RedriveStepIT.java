package io.reliablemessaging.redrive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.RedriveJob;
import io.reliablemessaging.RedriveJobNotChangedException;
import io.reliablemessaging.RedriveJobs;
import io.reliablemessaging.RedriveRequest;
import io.reliablemessaging.deadletter.ChosenRedrive;
import io.reliablemessaging.deadletter.ParkedQueues;
import io.reliablemessaging.deadletter.ParkedRows;
import io.reliablemessaging.redrive.RedriveJobTable.Schedule;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The steps of redrive jobs on a real database, taken by hand: the application has no listener, so nobody else takes them. */
@SpringBootTest(
        classes = RedriveStepIT.Host.class,
        properties = {"spring.application.name=redrive-step-test", "reliable-messaging.relay.enabled=false"})
@ReliableMessagingTest
class RedriveStepIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Autowired
    RedriveJobs jobs;

    @Autowired
    JobCommands commands;

    @Autowired
    DeadLetters letters;

    private final ParkedRows rows;
    private final JdbcClient sql;
    private final RedriveJobTable table;
    private final RedriveStep step;
    private final RedriveStep dyingStep;
    private final List<String> handled = new ArrayList<>();

    @Autowired
    RedriveStepIT(DataSource dataSource, ParkedQueues queues, Schema schema) {
        this.rows = new ParkedRows(dataSource, queues);
        DataSource autoCommit = new AutoCommitDataSource(dataSource);
        this.sql = JdbcClient.create(autoCommit);
        TransactionTemplate transactions = new TransactionTemplate(new JdbcTransactionManager(autoCommit));
        this.table = new RedriveJobTable(autoCommit, schema);
        OpenMessages open = new OpenMessages(autoCommit, schema);
        ChosenRedrive chosen = new ChosenRedrive(autoCommit, schema);
        this.step = new RedriveStep(table, open, chosen, transactions);
        TransactionTemplate dying = new TransactionTemplate(new JdbcTransactionManager(autoCommit)) {
            @Override
            public <T> T execute(org.springframework.transaction.support.TransactionCallback<T> action) {
                return super.execute(status -> {
                    action.doInTransaction(status);
                    throw new IllegalStateException("the process dies before the commit");
                });
            }
        };
        this.dyingStep = new RedriveStep(table, open, chosen, dying);
    }

    @BeforeEach
    void clear() {
        rows.clear();
        sql.sql("truncate reliable_messaging.redrive_job cascade").update();
    }

    @Test
    void redrivesAllAndCountsWhatBecomesOfThem() {
        List<Long> dead = deadLetters(5);
        rows.dead("shipping", "orders", "k0");
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()), "stock is back", "olive");
        assertThat(job.expected()).isEqualTo(5);
        takeStep();
        assertThat(letters.find(DeadLetterQuery.waiting()))
                .extracting(DeadLetter::id)
                .isEqualTo(dead);
        assertThat(now(job)).satisfies(each -> {
            assertThat(each.state()).isEqualTo(RedriveJob.State.RUNNING);
            assertThat(each.picked()).isEqualTo(5);
            assertThat(each.open()).isEqualTo(5);
        });
        drain(payload -> !payload.endsWith("k3"));
        takeStep();
        assertThat(now(job)).satisfies(each -> {
            assertThat(each.state()).isEqualTo(RedriveJob.State.DONE);
            assertThat(each.succeeded()).isEqualTo(4);
            assertThat(each.failed()).isEqualTo(1);
            assertThat(each.skipped()).isZero();
            assertThat(each.endedAt()).isNotNull();
        });
        assertThat(step.take()).as("nothing is left to do").isEmpty();
        assertThat(letters.find(DeadLetterQuery.dead()))
                .extracting(DeadLetter::group)
                .containsExactlyInAnyOrder("billing", "shipping");
        assertThat(sql.sql(
                                "select who || ': ' || reason from reliable_messaging.operation_log where action = 'start redrive job'")
                        .query(String.class)
                        .single())
                .isEqualTo("olive: stock is back");
    }

    @Test
    void leavesOutWhatBecameADeadLetterAfterItsStart() {
        deadLetters(1);
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()), "a test", "olive");
        rows.dead("billing", "orders", "later");
        drainAll(job, RedriveStepIT::succeeds);
        assertThat(now(job).picked()).isEqualTo(1);
        assertThat(letters.count(DeadLetterQuery.dead())).isEqualTo(1);
    }

    @Test
    void aCanaryThatMeetsTheOldFaultStopsAtOne() {
        long first = deadLetters(30).get(0);
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()).canary(), "a new release", "olive");
        drainAll(job, payload -> false);
        assertThat(now(job)).satisfies(each -> {
            assertThat(each.state()).isEqualTo(RedriveJob.State.STOPPED);
            assertThat(each.picked()).isEqualTo(1);
            assertThat(each.failed()).isEqualTo(1);
            assertThat(each.stopReason()).isEqualTo("1 of the first 1 redriven messages failed again");
            assertThat(each.stoppedBy())
                    .isNotNull()
                    .isEqualTo(letters.get(first).orElseThrow().letter().fingerprint());
        });
        assertThat(letters.count(DeadLetterQuery.dead())).isEqualTo(30);
    }

    @Test
    void aCanaryThatMeetsASecondFaultStopsAtEleven() {
        deadLetters(30);
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()).canary(), "a new release", "olive");
        drainAll(job, payload -> !payload.endsWith("k7"));
        assertThat(now(job)).satisfies(each -> {
            assertThat(each.state()).isEqualTo(RedriveJob.State.STOPPED);
            assertThat(each.picked()).isEqualTo(11);
            assertThat(each.succeeded()).isEqualTo(10);
            assertThat(each.failed()).isEqualTo(1);
        });
        assertThat(letters.count(DeadLetterQuery.dead())).isEqualTo(20);
    }

    @Test
    void aCanaryBeginsAStepOnlyAfterTheOneBefore() {
        deadLetters(30);
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()).canary(), "a new release", "olive");
        List<Long> picked = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            takeStep();
            takeStep(); // without an answer nothing more is redriven
            picked.add(now(job).picked());
            drain(RedriveStepIT::succeeds);
        }
        takeStep();
        assertThat(picked).containsExactly(1L, 11L, 30L);
        assertThat(now(job).state()).isEqualTo(RedriveJob.State.DONE);
    }

    @Test
    void theRestOfACanaryStopsAboveTheChosenShare() {
        deadLetters(100);
        RedriveJob job = jobs.start(
                RedriveRequest.of(ofBilling()).canary().stopAbove(0.2).perSecond(20), "a new release", "olive");
        drainAll(job, payload -> Integer.parseInt(payload.replaceAll("\\D", "")) < 11);
        assertThat(now(job)).satisfies(each -> {
            assertThat(each.state()).isEqualTo(RedriveJob.State.STOPPED);
            assertThat(each.failed()).isGreaterThan(each.succeeded() / 4);
            assertThat(each.picked()).isLessThan(100);
            assertThat(each.stopReason()).endsWith("a larger share than 0.2");
        });
    }

    @Test
    void leavesOutWhatWasRedrivenTooOftenUnlessAskedFor() {
        List<Long> dead = deadLetters(3);
        sql.sql("update reliable_messaging.parked_message set redriven = 3 where id = ?")
                .param(dead.get(1))
                .update();
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()), "a test", "olive");
        drainAll(job, RedriveStepIT::succeeds);
        assertThat(now(job)).satisfies(each -> {
            assertThat(each.succeeded()).isEqualTo(2);
            assertThat(each.skipped()).isEqualTo(1);
        });
        RedriveJob all = jobs.start(RedriveRequest.of(ofBilling()).mostRounds(null), "a test", "olive");
        drainAll(all, RedriveStepIT::succeeds);
        assertThat(now(all).succeeded()).isEqualTo(1);
    }

    @Test
    void aKeyInUseWaitsWithAllItsMessagesAndNothingElseDoes() {
        long first = rows.dead("billing", "orders", "busy");
        long second = rows.dead("billing", "orders", "busy");
        rows.waiting("billing", "orders", "busy");
        long free = rows.dead("billing", "orders", "free");
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()), "a test", "olive");
        rows.whileHandled("billing", "orders", "busy", () -> {
            takeStep();
            takeStep();
            assertThat(state(free)).isEqualTo(State.WAITING);
            assertThat(List.of(state(first), state(second))).containsOnly(State.DEAD);
            assertThat(now(job).picked()).isEqualTo(1);
        });
        takeStep();
        assertThat(List.of(state(first), state(second))).containsOnly(State.WAITING);
        drain(RedriveStepIT::succeeds);
        takeStep();
        assertThat(now(job)).satisfies(each -> {
            assertThat(each.state()).isEqualTo(RedriveJob.State.DONE);
            assertThat(each.succeeded()).isEqualTo(3);
        });
    }

    @Test
    void aLaterMessageOfAKeyWaitsForOneThatIsInUse() {
        long first = rows.dead("billing", "orders", "k");
        long second = rows.dead("billing", "orders", "k");
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()), "a test", "olive");
        rows.inOne(() -> {
            sqlInTransaction("select id from reliable_messaging.parked_message where id = " + first + " for update");
            takeStep();
            assertThat(state(second)).isEqualTo(State.DEAD);
            return true;
        });
        drainAll(job, RedriveStepIT::succeeds);
        assertThat(handled).containsExactly("payload of k", "payload of k");
        assertThat(now(job).succeeded()).isEqualTo(2);
    }

    @Test
    void aMessageThatIsFoundLaterWaitsForOneOfItsKeyThatWasInUseBefore() {
        long first = rows.dead("billing", "orders", "k");
        IntStream.range(1, 200).forEach(i -> rows.dead("billing", "orders", "other" + i));
        long second = rows.dead("billing", "orders", "k");
        jobs.start(RedriveRequest.of(ofBilling()), "a test", "olive");
        rows.inOne(() -> {
            sqlInTransaction("select id from reliable_messaging.parked_message where id = " + first + " for update");
            takeStep();
            assertThat(letters.count(DeadLetterQuery.dead()))
                    .as("a step of 200")
                    .isEqualTo(2);
            takeStep();
            assertThat(state(second)).isEqualTo(State.DEAD);
            return true;
        });
        takeStep();
        assertThat(List.of(state(first), state(second))).containsOnly(State.WAITING);
    }

    @Test
    void aCanaryWhoseFirstKeyIsInUseTakesNoOther() {
        rows.dead("billing", "orders", "busy");
        rows.waiting("billing", "orders", "busy");
        long free = rows.dead("billing", "orders", "free");
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()).canary(), "a test", "olive");
        rows.whileHandled("billing", "orders", "busy", () -> {
            takeStep();
            takeStep();
        });
        assertThat(state(free)).isEqualTo(State.DEAD);
        drainAll(job, RedriveStepIT::succeeds);
        assertThat(now(job).succeeded()).isEqualTo(2);
    }

    @Test
    void aStepWhoseProcessDiesWasNotTaken() {
        deadLetters(3);
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()), "a test", "olive");
        makeDue();
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(dyingStep::take);
        assertThat(letters.count(DeadLetterQuery.dead())).isEqualTo(3);
        takeStep();
        drain(RedriveStepIT::succeeds);
        makeDue();
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(dyingStep::take);
        assertThat(now(job).succeeded()).isZero();
        takeStep();
        assertThat(now(job)).satisfies(each -> {
            assertThat(each.picked()).isEqualTo(3);
            assertThat(each.succeeded()).isEqualTo(3);
            assertThat(each.state()).isEqualTo(RedriveJob.State.DONE);
        });
    }

    @Test
    void aJobWhoseStepFailsLetsOthersGoOn() {
        deadLetters(3);
        RedriveJob failing = jobs.start(RedriveRequest.of(ofBilling()), "a test", "olive");
        RedriveJob other = jobs.start(RedriveRequest.of(DeadLetterQuery.dead().group("shipping")), "a test", "olive");
        sql.sql("alter table reliable_messaging.parked_message add constraint never_redriven check (redriven = 0)")
                .update();
        try {
            assertThatExceptionOfType(DataIntegrityViolationException.class).isThrownBy(step::take);
            assertThat(step.take())
                    .get()
                    .satisfies(taken -> assertThat(taken.after().id()).isEqualTo(other.id()));
        } finally {
            sql.sql("alter table reliable_messaging.parked_message drop constraint never_redriven")
                    .update();
        }
        drainAll(failing, RedriveStepIT::succeeds);
        assertThat(now(failing).succeeded()).isEqualTo(3);
    }

    @Test
    void oneThatWasDiscardedAfterItFailedAgainHasFailed() {
        long id = deadLetters(1).get(0);
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()), "a test", "olive");
        takeStep();
        drain(payload -> false);
        letters.discard(id, "refunded by hand", "olive");
        takeStep();
        assertThat(now(job).failed()).isEqualTo(1);
        assertThat(now(job).succeeded()).isZero();
    }

    @Test
    void oneThatAPersonHasRedrivenAfterItFailedAgainHasFailed() {
        long id = deadLetters(1).get(0);
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()), "a test", "olive");
        takeStep();
        drain(payload -> false);
        letters.redrive(id, "olive");
        drainAll(job, RedriveStepIT::succeeds);
        assertThat(now(job).failed()).isEqualTo(1);
        assertThat(now(job).succeeded()).isZero();
    }

    @Test
    void oneThatIsGoneBeforeItsTurnIsLeftOut() {
        long first = deadLetters(1).get(0);
        rows.waiting("billing", "orders", "k0");
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()), "a test", "olive");
        rows.whileHandled("billing", "orders", "k0", () -> {
            takeStep();
        });
        letters.discard(first, "refunded by hand", "olive");
        drainAll(job, RedriveStepIT::succeeds);
        assertThat(now(job).skipped()).isEqualTo(1);
        assertThat(now(job).picked()).isZero();
    }

    @Test
    void aPausedJobRedrivesNothingAndGoesOnWhenItIsResumed() {
        deadLetters(20);
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()).canary(), "a test", "olive");
        takeStep();
        jobs.pause(job.id(), "the shop is closing", "oscar");
        drain(RedriveStepIT::succeeds);
        takeStep();
        takeStep();
        assertThat(now(job)).satisfies(each -> {
            assertThat(each.state()).isEqualTo(RedriveJob.State.PAUSED);
            assertThat(each.picked()).isEqualTo(1);
            assertThat(each.succeeded()).as("what it has redriven is counted").isEqualTo(1);
        });
        jobs.pause(job.id(), "again", "oscar");
        jobs.resume(job.id(), "the shop is open", "oscar");
        drainAll(job, RedriveStepIT::succeeds);
        assertThat(now(job).succeeded()).isEqualTo(20);
        assertThat(sql.sql(
                                "select action || ': ' || reason from reliable_messaging.operation_log where who = 'oscar' order by id")
                        .query(String.class)
                        .list())
                .containsExactly(
                        "pause redrive job: the shop is closing",
                        "pause redrive job: again",
                        "resume redrive job: the shop is open");
    }

    @Test
    void aCancelledJobCountsWhatItHasRedriven() {
        deadLetters(20);
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()).canary(), "a test", "olive");
        takeStep();
        jobs.cancel(job.id(), "wrong filter", "oscar");
        drain(RedriveStepIT::succeeds);
        takeStep();
        assertThat(now(job)).satisfies(each -> {
            assertThat(each.state()).isEqualTo(RedriveJob.State.STOPPED);
            assertThat(each.stopReason()).isEqualTo("cancelled by oscar: wrong filter");
            assertThat(each.picked()).isEqualTo(1);
            assertThat(each.succeeded()).isEqualTo(1);
        });
        assertThat(step.take()).isEmpty();
        assertThatExceptionOfType(RedriveJobNotChangedException.class)
                .isThrownBy(() -> jobs.resume(job.id(), "go on", "oscar"))
                .withMessageContaining("it is STOPPED");
    }

    @Test
    void anUnknownJobIsNamed() {
        assertThatExceptionOfType(RedriveJobNotChangedException.class)
                .isThrownBy(() -> jobs.pause(4711, "a test", "olive"))
                .withMessageStartingWith("There is no redrive job 4711");
        assertThat(jobs.get(4711)).isEmpty();
    }

    @Test
    void takesOnlyWhatTheWholeFilterSelects() {
        List<Long> dead = deadLetters(6);
        sql.sql(
                        "update reliable_messaging.parked_message set fingerprint = 'a' || id % 2, error_message = 'no stock of ' || id % 3")
                .update();
        RedriveRequest request = RedriveRequest.of(ofBilling()
                .topic("orders")
                .fingerprint("a" + dead.get(0) % 2)
                .words("stock " + dead.get(0) % 3)
                .errorClass("IllegalStateException"));
        RedriveJob job = jobs.start(request, "a test", "olive");
        assertThat(job.request()).isEqualTo(request);
        assertThat(job.expected()).isEqualTo(1);
        takeStep();
        assertThat(letters.find(DeadLetterQuery.waiting()))
                .extracting(DeadLetter::id)
                .containsExactly(dead.get(0));
    }

    @Test
    void aLimitIsKept() {
        deadLetters(10);
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling().limit(4)), "a test", "olive");
        drainAll(job, RedriveStepIT::succeeds);
        assertThat(now(job)).satisfies(each -> {
            assertThat(each.state()).isEqualTo(RedriveJob.State.DONE);
            assertThat(each.picked()).isEqualTo(4);
            assertThat(each.request().query().limit()).isEqualTo(4);
        });
    }

    @Test
    void aRateSpreadsThemOverTime() {
        deadLetters(10);
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()).perSecond(1), "a test", "olive");
        takeStep();
        assertThat(now(job).picked()).isEqualTo(1);
        sql.sql("update reliable_messaging.redrive_job set paced_at = clock_timestamp() + interval '1 hour'")
                .update();
        takeStep();
        assertThat(now(job).picked()).as("the rate is used up for an hour").isEqualTo(1);
        sql.sql("update reliable_messaging.redrive_job set paced_at = clock_timestamp() - interval '1 hour'")
                .update();
        takeStep();
        assertThat(now(job).picked()).as("what was not used is lost").isEqualTo(2);
    }

    @Test
    void atMostAThousandAreOnTheirWay() {
        sql.sql("""
                        insert into reliable_messaging.parked_message (consumer_group, topic, message_id, source_partition,
                                    source_offset, queue, key, headers, state, attempts)
                        select 'billing', 'orders', gen_random_uuid(), 0, i, md5(i::text)::uuid, convert_to(i::text, 'UTF8'),
                               ''::bytea, 'DEAD', 5
                          from generate_series(1, 2500) i
                        """).update();
        RedriveJob job = jobs.start(RedriveRequest.of(ofBilling()), "a test", "olive");
        for (int i = 0; i < 10; i++) {
            takeStep();
        }
        assertThat(now(job).picked()).isEqualTo(1000);
        sql.sql("delete from reliable_messaging.parked_message where state = 'WAITING' and id % 2 = 0")
                .update();
        for (int i = 0; i < 10; i++) {
            takeStep();
        }
        assertThat(now(job)).satisfies(each -> {
            assertThat(each.succeeded()).isEqualTo(500);
            assertThat(each.picked()).isEqualTo(1500);
        });
    }

    @Test
    void twoInstancesNeverTakeTheSameStep() {
        deadLetters(5);
        jobs.start(RedriveRequest.of(ofBilling()), "a test", "olive");
        makeDue();
        rows.inOne(() -> {
            sqlInTransaction("select id from reliable_messaging.redrive_job for update");
            assertThat(step.take()).isEmpty();
            return true;
        });
        assertThat(step.take()).isPresent();
    }

    @Test
    void refusesARequestWithoutNameOrReason() {
        RedriveRequest all = RedriveRequest.of(DeadLetterQuery.dead());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> jobs.start(all, " ", "olive"))
                .withMessageContaining("reason");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> jobs.start(all, "a test", ""))
                .withMessageContaining("who");
        assertThatIllegalArgumentException().isThrownBy(() -> jobs.find(Long.MAX_VALUE, 0));
        assertThat(jobs.find(Long.MAX_VALUE, 10)).isEmpty();
    }

    @Test
    void listsTheNewestFirst() {
        RedriveRequest all = RedriveRequest.of(
                DeadLetterQuery.dead().group("billing").topic("orders").key("k1"));
        List<Long> ids = IntStream.range(0, 3)
                .mapToObj(i -> jobs.start(all, "test " + i, "olive").id())
                .toList();
        assertThat(jobs.find(Long.MAX_VALUE, 2)).extracting(RedriveJob::id).containsExactly(ids.get(2), ids.get(1));
        assertThat(jobs.find(ids.get(1), 2)).singleElement().satisfies(job -> {
            assertThat(job.id()).isEqualTo(ids.get(0));
            assertThat(job.request()).isEqualTo(all);
        });
    }

    @Test
    void aScheduleStartsNoJobForNothingNorTwiceNorBesideAnEarlierOne() {
        RedriveRequest request = RedriveRequest.of(ofBilling());
        Schedule noon = new Schedule("partner", Instant.parse("2026-11-29T12:00:00Z"));
        assertThat(commands.start(request, noon)).as("no dead letter").isEmpty();
        deadLetters(2);
        RedriveJob started = commands.start(request, noon).orElseThrow();
        assertThat(started.schedule()).isEqualTo("partner");
        Schedule later = new Schedule("partner", noon.time().plusSeconds(60));
        assertThat(commands.start(request, later)).as("an earlier one runs").isEmpty();
        jobs.pause(started.id(), "a test", "olive");
        assertThat(commands.start(request, later))
                .as("an earlier one is paused")
                .isEmpty();
        jobs.cancel(started.id(), "a test", "olive");
        assertThat(commands.start(request, noon)).as("started for this time").isEmpty();
        assertThat(commands.start(request, later)).isPresent();
    }

    @Test
    void forgetsJobsThatEndedLongAgoAndNoOthers() {
        RedriveJob old = jobs.start(RedriveRequest.of(ofBilling()), "a test", "olive");
        jobs.cancel(old.id(), "a test", "olive");
        sql.sql(
                        "update reliable_messaging.redrive_job set ended_at = ended_at - interval '91 days', created_at = created_at - interval '91 days'")
                .update();
        RedriveJob young = jobs.start(RedriveRequest.of(ofBilling()), "a test", "olive");
        jobs.cancel(young.id(), "a test", "olive");
        RedriveJob running = jobs.start(RedriveRequest.of(ofBilling()), "a test", "olive");
        sql.sql("update reliable_messaging.redrive_job set created_at = created_at - interval '91 days' where id = ?")
                .param(running.id())
                .update();
        assertThat(table.purge(Duration.ofDays(90))).isEqualTo(1);
        assertThat(jobs.find(Long.MAX_VALUE, 10)).extracting(RedriveJob::id).containsExactly(running.id(), young.id());
    }

    private static boolean succeeds(String payload) {
        return true;
    }

    private static DeadLetterQuery ofBilling() {
        return DeadLetterQuery.dead().group("billing");
    }

    private List<Long> deadLetters(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> rows.dead("billing", "orders", "k" + i))
                .toList();
    }

    private RedriveJob now(RedriveJob job) {
        return jobs.get(job.id()).orElseThrow();
    }

    private State state(long letter) {
        return letters.get(letter).orElseThrow().letter().state();
    }

    private Optional<RedriveStep.Taken> takeStep() {
        makeDue();
        return step.take();
    }

    private void makeDue() {
        sql.sql(
                        "update reliable_messaging.redrive_job set next_step_at = clock_timestamp() where next_step_at < 'infinity'")
                .update();
    }

    private void drain(Predicate<String> handler) {
        while (rows.drainOne(claim -> {
            String payload = ParkedRows.payload(claim);
            boolean succeeds = handler.test(payload);
            if (succeeds) {
                handled.add(payload);
            }
            return succeeds;
        })) {
            // the next one
        }
    }

    private void drainAll(RedriveJob job, Predicate<String> handler) {
        for (int i = 0; i < 1_000 && now(job).endedAt() == null; i++) {
            takeStep();
            drain(handler);
        }
        assertThat(now(job).endedAt()).isNotNull();
    }

    private void sqlInTransaction(String statement) {
        rows.query(statement);
    }
}
