package io.reliablemessaging.reachability;

import io.reliablemessaging.retry.FailureJudge;
import org.jspecify.annotations.Nullable;

/**
 * The two servers that everything needs.
 *
 * @param postgres the database that holds our tables
 * @param kafka the cluster as a whole: it is there as long as any of its brokers answers
 */
public record Infrastructure(Reachability postgres, Reachability kafka) {

    /** Creates an infrastructure that no probe watches: nothing of it is ever away. */
    public static Infrastructure unwatched() {
        return new Infrastructure(
                new Reachability("PostgreSQL", FailureJudge::suspectsDatabase, System::nanoTime),
                new Reachability("Kafka", ClusterFailures::suspectCluster, System::nanoTime));
    }

    /**
     * Reports a failure, so that the server behind it is asked soon.
     *
     * @return the server that may be away; null if an outage does not cause such failures
     */
    @Nullable
    public Reachability suspect(Throwable failure) {
        if (postgres.suspect(failure)) {
            return postgres;
        }
        return kafka.suspect(failure) ? kafka : null;
    }

    /** Tells whether a present outage explains this failure. */
    public boolean explains(Throwable failure) {
        return (postgres.isAway() && postgres.isSuspicious(failure)) || (kafka.isAway() && kafka.isSuspicious(failure));
    }
}
