package io.reliablemessaging.redrive;

import io.reliablemessaging.RedriveJob;
import io.reliablemessaging.deadletter.ChosenRedrive;
import io.reliablemessaging.deadletter.ChosenRedrive.Candidate;
import io.reliablemessaging.deadletter.ChosenRedrive.Queue;
import io.reliablemessaging.redrive.OpenMessages.Outcomes;
import io.reliablemessaging.redrive.RedriveJobTable.Due;
import io.reliablemessaging.text.FailureText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Takes a job one step further, in one transaction that has locked the job's row. So no other instance works on the job meanwhile, and
 * if this one dies, the step was not taken:
 *
 * <ol>
 *   <li>counts what has become of the messages that were redriven by earlier steps;
 *   <li>stops the job if too many have failed again;
 *   <li>redrives the next ones, as many as the rate, the canary and the number of open messages allow. A message whose key is in use
 *       is noted, and goes first in a later step; later messages of its key wait for it;
 *   <li>stores how far the job is, and when the next step is due.
 * </ol>
 */
final class RedriveStep {

    static final int MOST_OPEN = 1_000;

    // one chunk holds the locks of its keys until the end of the step
    private static final int CHUNK = 200;

    // it stands in the operation log for each message
    private static final int LONGEST_REASON = 200;

    private static final Duration SHORTEST = Duration.ofMillis(250);
    private static final Duration LONGEST = Duration.ofSeconds(5);

    private final RedriveJobTable jobs;
    private final OpenMessages open;
    private final ChosenRedrive deadLetters;
    private final TransactionOperations transactions;

    RedriveStep(
            RedriveJobTable jobs, OpenMessages open, ChosenRedrive deadLetters, TransactionOperations transactions) {
        this.jobs = jobs;
        this.open = open;
        this.deadLetters = deadLetters;
        this.transactions = transactions;
    }

    /**
     * A step that was taken.
     *
     * @param before the job before it
     * @param after the job after it
     * @param redriven how many messages it has redriven
     */
    record Taken(RedriveJob before, RedriveJob after, int redriven) {

        boolean hasChanged() {
            return !before.equals(after);
        }

        boolean hasEnded() {
            return before.endedAt() == null && after.endedAt() != null;
        }

        String summary() {
            String why = after.stopReason() == null ? "" : ": " + after.stopReason();
            return "Redrive job %d is %s%s. Of %d redriven messages, %d were handled, %d are dead letters again; %d were left out"
                    .formatted(
                            after.id(),
                            after.state(),
                            why,
                            after.picked(),
                            after.succeeded(),
                            after.failed(),
                            after.skipped());
        }
    }

    /**
     * Takes the step that is due for the longest time; empty if none is due, or if another instance takes it. If the step fails, the job
     * waits for some seconds, so that other jobs go on.
     */
    Optional<Taken> take() {
        AtomicReference<@Nullable Due> due = new AtomicReference<>();
        try {
            return Objects.requireNonNull(transactions.execute(status -> {
                due.set(jobs.lockDue().orElse(null));
                return Optional.ofNullable(due.get()).map(this::take);
            }));
        } catch (RuntimeException e) {
            postpone(due.get(), e);
            throw e;
        }
    }

    private void postpone(@Nullable Due due, RuntimeException failure) {
        if (due != null) {
            try {
                jobs.postpone(due.job().id(), LONGEST);
            } catch (RuntimeException e) {
                failure.addSuppressed(e);
            }
        }
    }

    private Taken take(Due due) {
        Progress progress = new Progress(due);
        count(progress);
        if (progress.isRunning()) {
            pick(due, progress);
        } else {
            open.forgetWaiting(progress.job());
        }
        int left = open.count(progress.job());
        if (progress.isRunning() && !progress.mayPick() && left == 0) {
            progress.done();
        }
        RedriveJob after = jobs.store(progress, pause(due, progress, left));
        return new Taken(due.job(), after, progress.picked());
    }

    private void count(Progress progress) {
        Outcomes outcomes = open.takeOutcomes(progress.job());
        progress.succeeded(outcomes.succeeded());
        progress.failed(outcomes.failed());
        if (progress.isRunning()) {
            StopRule.whyStop(progress.after()).ifPresent(why -> progress.stop(why, outcomes.fingerprint()));
        }
    }

    private void pick(Due due, Progress progress) {
        long job = progress.job();
        List<Long> noted = open.waiting(job);
        List<Candidate> waiting = deadLetters.next(noted);
        progress.skipped(open.forget(job, noted, waiting));
        int most = Math.min(Math.min(CHUNK, due.rateAllows()), MOST_OPEN - open.count(job) + waiting.size());
        int allowed = (int) Math.min(
                Math.max(0, most),
                StopRule.mostPicked(progress.after()) - progress.after().picked());
        List<Candidate> inUse = new ArrayList<>(waiting);
        inUse.removeAll(redrive(progress, waiting.subList(0, Math.min(allowed, waiting.size()))));
        Set<Queue> queues = new HashSet<>();
        inUse.forEach(each -> queues.add(each.queue()));
        int left = Math.min(allowed - progress.picked() - queues.size(), MOST_OPEN - open.count(job));
        Choice choice = new Choice(queues, Math.min(left, due.limitAllows(progress.picked() + inUse.size())));
        choose(due, progress, choice);
        List<Candidate> missed = new ArrayList<>(choice.chosen);
        missed.removeAll(redrive(progress, choice.chosen));
        missed.addAll(choice.behind);
        open.addWaiting(job, missed);
        if (due.limitAllows(progress.picked() + inUse.size() + missed.size()) == 0) {
            progress.lookedAtAll();
        }
    }

    private List<Candidate> redrive(Progress progress, List<Candidate> candidates) {
        RedriveJob job = progress.before();
        List<Candidate> redriven = deadLetters.redrive(
                candidates,
                "redrive job %d: %s".formatted(job.id(), FailureText.storable(job.reason(), LONGEST_REASON)),
                job.who());
        open.add(job.id(), redriven);
        progress.picked(redriven.size());
        return redriven;
    }

    /** The next messages of a step: those to redrive now, and those to note because others of their key wait. */
    private static final class Choice {

        private final List<Candidate> chosen = new ArrayList<>();
        private final List<Candidate> behind = new ArrayList<>();
        private final Set<Queue> inUse;
        private final int most;

        private Choice(Set<Queue> inUse, int most) {
            this.inUse = inUse;
            this.most = most;
        }

        private boolean isFull() {
            return chosen.size() + behind.size() >= most;
        }

        private void add(Candidate candidate) {
            (inUse.contains(candidate.queue()) ? behind : chosen).add(candidate);
        }
    }

    private void choose(Due due, Progress progress, Choice choice) {
        if (choice.isFull() || !progress.mayPick()) {
            return;
        }
        Integer mostRounds = due.job().request().mostRounds();
        List<Candidate> next = deadLetters.next(due.rest(), due.lastId(), CHUNK);
        for (Candidate each : next) {
            boolean tooOften = mostRounds != null && each.redriven() >= mostRounds;
            if (!tooOften && choice.isFull()) {
                return;
            }
            progress.lookedAt(each.id());
            if (tooOften) {
                progress.skipped(1);
            } else {
                choice.add(each);
            }
        }
        if (next.size() < CHUNK) {
            progress.lookedAtAll();
        }
    }

    // null: nothing is left to do
    private static @Nullable Duration pause(Due due, Progress progress, int left) {
        if (!progress.isRunning() && left == 0) {
            return null;
        }
        if (progress.isRunning() && progress.mayPick() && left < MOST_OPEN) {
            if (due.job().request().perSecond() != null) {
                return due.untilNextPick(progress.picked());
            }
            if (progress.picked() + progress.skippedNow() >= CHUNK) {
                return Duration.ZERO;
            }
        }
        int quiet = progress.hasChanged() ? 0 : Math.min(due.quietSteps() + 1, 10);
        Duration doubled = SHORTEST.multipliedBy(1L << quiet);
        return doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
    }
}
