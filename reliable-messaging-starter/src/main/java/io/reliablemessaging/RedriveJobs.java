package io.reliablemessaging;

import java.util.List;
import java.util.Optional;

/**
 * Starts and commands redrives of many dead letters. A job is stored in the database: when its instance dies, another one that
 * has listeners carries it on. It redrives no message twice, and the messages of a key in their order. At most 1,000 of its messages
 * are on their way at once, so that live messages are not held up.
 *
 * <p>A message counts as succeeded once its handler's transaction has committed, and as failed once it is a dead letter again, after all
 * its attempts. Messages that a person redrives, edits or discards meanwhile count as what they had become before.
 *
 * <p>Every command is recorded in table {@code operation_log}. Commands commit on their own, not with the caller's transaction.
 */
public interface RedriveJobs {

    /**
     * Starts a job.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     */
    RedriveJob start(RedriveRequest request, String reason, String who);

    /** Reads a job; empty if there is none with this number. Jobs that have ended are forgotten after some time. */
    Optional<RedriveJob> get(long id);

    /**
     * Lists jobs, the newest first.
     *
     * @param before only those with a lower number; for the next page, the last number of this page. {@link Long#MAX_VALUE} for the first page
     * @param limit at most so many, from 1 to 1,000
     */
    List<RedriveJob> find(long before, int limit);

    /**
     * Pauses a job: it redrives no further message. Messages that it has redriven go on, and their outcome is counted. Does nothing if
     * the job is paused.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @throws RedriveJobNotChangedException if there is no such job, or if it has ended
     */
    RedriveJob pause(long id, String reason, String who);

    /**
     * Resumes a paused job. Does nothing if the job runs.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @throws RedriveJobNotChangedException if there is no such job, or if it has ended
     */
    RedriveJob resume(long id, String reason, String who);

    /**
     * Stops a job for good. Messages that it has redriven go on, and their outcome is counted.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @throws RedriveJobNotChangedException if there is no such job, or if it has ended
     */
    RedriveJob cancel(long id, String reason, String who);
}
