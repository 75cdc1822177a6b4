package io.reliablemessaging.reachability;

import io.reliablemessaging.retry.FailureJudge;
import org.jspecify.annotations.Nullable;

/**
 * What everything needs.
 *
 * @param postgres our database
 * @param kafka the cluster as a whole: there while any broker of it answers
 */
public record Infrastructure(Reachability postgres, Reachability kafka) {

    /** Makes one of which nobody asks anything: nothing of it is ever away. */
    public static Infrastructure unwatched() {
        return new Infrastructure(
                new Reachability("PostgreSQL", FailureJudge::suspectsDatabase, System::nanoTime),
                new Reachability("Kafka", ClusterFailures::suspectCluster, System::nanoTime));
    }

    /**
     * Takes note of a failure.
     *
     * @return what may be away; null if the failure is none that an outage has
     */
    @Nullable
    public Reachability suspect(Throwable failure) {
        if (postgres.suspect(failure)) {
            return postgres;
        }
        return kafka.suspect(failure) ? kafka : null;
    }

    /** Whether an outage that is on explains this failure. */
    public boolean explains(Throwable failure) {
        return (postgres.isAway() && postgres.isSuspicious(failure)) || (kafka.isAway() && kafka.isSuspicious(failure));
    }
}
