package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.RedriveJob;
import io.reliablemessaging.RedriveJob.State;
import io.reliablemessaging.RedriveJobs;
import io.reliablemessaging.RedriveRequest;
import io.reliablemessaging.ReliableListener;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Redrives of many dead letters, with instances that come and go. */
class RedriveJobsIT {

    private static final int MESSAGES = 60;
    private static final int KEYS = 5;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final ListenerInstances app = new ListenerInstances().with(Beside.class);
    private final AtomicBoolean broken = new AtomicBoolean(true);

    /** Another group that reads the same topic, and an observer of the jobs. */
    @Configuration(proxyBeanMethods = false)
    static class Beside {

        @Bean
        OtherGroup otherGroup() {
            return new OtherGroup(new CopyOnWriteArrayList<>());
        }

        @Bean
        JobObserver jobObserver() {
            return new JobObserver(new CopyOnWriteArrayList<>());
        }
    }

    record OtherGroup(List<String> calls) {

        @ReliableListener(id = "other", topics = "${test.topic}", groupId = "other")
        void on(IncomingMessage<String> message) {
            calls.add(message.payload());
        }
    }

    record JobObserver(List<RedriveJob> seen) implements MessagingObserver {

        @Override
        public void redriveProgressed(RedriveJob before, RedriveJob after) {
            seen.add(after);
        }
    }

    @AfterEach
    void close() {
        app.close();
    }

    @Test
    void aCanaryRedrivesAllInTheOrderOfTheirKeysAndOnlyInTheGroupThatFailed() {
        start();
        List<String> all = publishDeadLetters();
        List<String> seenByOthers = app.running.get(0).getBean(OtherGroup.class).calls();
        await().until(() -> seenByOthers.size() == MESSAGES);
        broken.set(false);
        RedriveJob job = jobs(0).start(RedriveRequest.of(ofTested()).canary(), "the release is fixed", "olive");
        awaitState(job, State.DONE);
        assertThat(now(job)).satisfies(each -> {
            assertThat(each.expected()).isEqualTo(MESSAGES);
            assertThat(each.picked()).isEqualTo(MESSAGES);
            assertThat(each.succeeded()).isEqualTo(MESSAGES);
            assertThat(each.failed()).isZero();
        });
        assertThatEachHasTakenEffectInOrder(all);
        assertThat(seenByOthers).hasSize(MESSAGES);
        assertThat(app.running.get(0).getBean(JobObserver.class).seen())
                .extracting(RedriveJob::picked)
                .contains(1L, 11L)
                .isSorted()
                .endsWith((long) MESSAGES);
    }

    @Test
    void aCanaryThatMeetsTheOldFaultCallsTheHandlerForOneMessageOnly() {
        start();
        publishDeadLetters();
        app.calls.clear();
        RedriveJob job = jobs(0).start(RedriveRequest.of(ofTested()).canary(), "perhaps it is fixed", "olive");
        awaitState(job, State.STOPPED);
        assertThat(now(job).picked()).isEqualTo(1);
        assertThat(now(job).failed()).isEqualTo(1);
        assertThat(app.calls).containsExactly("m0#1", "m0#2");
    }

    @Test
    void anotherInstanceCarriesOnAJobWhoseInstanceHasStopped() {
        start();
        List<String> all = publishDeadLetters();
        broken.set(false);
        RedriveJob job = jobs(0).start(RedriveRequest.of(ofTested()).perSecond(20), "it is fixed", "olive");
        await().until(() -> now(job).picked() > 0);
        start();
        app.stop(0);
        awaitState(job, State.DONE);
        assertThat(now(job).succeeded()).isEqualTo(MESSAGES);
        assertThatEachHasTakenEffectInOrder(all);
    }

    @Test
    void aPausedJobStaysPausedOverARestartOfAllInstances() {
        start();
        List<String> all = publishDeadLetters();
        broken.set(false);
        RedriveJob job = jobs(0).start(RedriveRequest.of(ofTested()).perSecond(1), "it is fixed", "olive");
        await().until(() -> now(job).succeeded() > 0);
        jobs(0).pause(job.id(), "not now", "olive");
        app.stop(0);
        start();
        app.publish("live", "live");
        await().until(() -> app.effectsOf("live").equals(List.of("live")));
        assertThat(now(job)).satisfies(each -> {
            assertThat(each.state()).isEqualTo(State.PAUSED);
            assertThat(each.picked()).isLessThan(MESSAGES);
        });
        jobs(0).cancel(job.id(), "as fast as it can be", "olive");
        RedriveJob rest = jobs(0).start(RedriveRequest.of(ofTested()), "it is fixed", "olive");
        awaitState(rest, State.DONE);
        await().until(() -> now(job).open() == 0);
        assertThat(now(job).succeeded() + now(rest).succeeded()).isEqualTo(MESSAGES);
        app.sql().update("delete from effect where key = 'live'");
        assertThatEachHasTakenEffectInOrder(all);
    }

    @Test
    void aScheduleStartsOneJobForEachTimeWhateverTheNumberOfInstances() {
        String[] schedule = {
            "reliable-messaging.redrive.schedules.mending.cron=* * * * * *",
            "reliable-messaging.redrive.schedules.mending.filter.group=tested",
            "reliable-messaging.redrive.schedules.mending.rate=1000",
            "reliable-messaging.redrive.schedules.mending.most-rounds=2"
        };
        start(schedule);
        start(schedule);
        publish();
        // two rounds, and then it is a matter for a person
        await().atMost(LIMIT).until(() -> count("parked_message where redriven = 2 and state = 'DEAD'") == MESSAGES);
        broken.set(false);
        await().atMost(LIMIT).until(() -> count("redrive_job where skipped = " + MESSAGES) > 0);
        assertThat(app.effects()).isEmpty();
        assertThat(scheduled()).allSatisfy(job -> {
            assertThat(job.who()).isEqualTo("schedule mending");
            assertThat(job.schedule()).isEqualTo("mending");
        });
        assertThat(count("redrive_job group by scheduled_for having count(*) > 1"))
                .isZero();
    }

    private int count(String rows) {
        return app.sql().queryForList("select count(*) from reliable_messaging." + rows, Integer.class).stream()
                .mapToInt(Integer::intValue)
                .sum();
    }

    private void start(String... properties) {
        String[] all = IntStream.rangeClosed(0, properties.length)
                .mapToObj(i -> i == 0 ? "reliable-messaging.listener.max-attempts=2" : properties[i - 1])
                .toArray(String[]::new);
        app.behaving(message -> {
                    if (broken.get()) {
                        throw new IllegalStateException("a bad release");
                    }
                })
                .start(all);
    }

    private List<String> publish() {
        List<String> all = IntStream.range(0, MESSAGES).mapToObj(i -> "m" + i).toList();
        app.publish(RedriveJobsIT::keyOf, all);
        return all;
    }

    private List<String> publishDeadLetters() {
        List<String> all = publish();
        await().atMost(LIMIT).until(() -> app.parked("DEAD").size() == MESSAGES);
        return all;
    }

    private static String keyOf(String message) {
        return "k" + Integer.parseInt(message.substring(1)) % KEYS;
    }

    private static DeadLetterQuery ofTested() {
        return DeadLetterQuery.dead().group("tested");
    }

    private RedriveJobs jobs(int instance) {
        return app.running.get(instance).getBean(RedriveJobs.class);
    }

    private RedriveJob now(RedriveJob job) {
        return jobs(0).get(job.id()).orElseThrow();
    }

    private List<RedriveJob> scheduled() {
        return jobs(0).find(Long.MAX_VALUE, 100);
    }

    private void awaitState(RedriveJob job, State state) {
        await().atMost(LIMIT).until(() -> now(job).state() == state);
    }

    private void assertThatEachHasTakenEffectInOrder(List<String> all) {
        assertThat(app.effects()).containsExactlyInAnyOrderElementsOf(all);
        for (int key = 0; key < KEYS; key++) {
            String mine = "k" + key;
            assertThat(app.effectsOf(mine))
                    .isEqualTo(all.stream()
                            .filter(each -> keyOf(each).equals(mine))
                            .toList());
        }
    }
}
