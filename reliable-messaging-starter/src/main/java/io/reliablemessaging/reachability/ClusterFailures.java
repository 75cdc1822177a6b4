package io.reliablemessaging.reachability;

import java.util.Set;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.BrokerNotAvailableException;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.NetworkException;
import org.apache.kafka.common.errors.TimeoutException;

/** Lists the exceptions of Kafka's clients that are a reason to ask whether any broker answers. */
final class ClusterFailures {

    private static final Set<Class<?>> LISTED = Set.of(
            TimeoutException.class,
            DisconnectException.class,
            NetworkException.class,
            BrokerNotAvailableException.class,
            CoordinatorNotAvailableException.class);

    // thrown by the constructor of a client while the names of the brokers cannot be resolved
    private static final String NAMES_LEAD_NOWHERE = "No resolvable bootstrap urls";
    private static final int DEEPEST = 10;

    private ClusterFailures() {}

    static boolean suspectCluster(Throwable failure) {
        Throwable thrown = failure;
        for (int depth = 0; thrown != null && depth < DEEPEST; depth++) {
            if (LISTED.contains(thrown.getClass()) || leadsNowhere(thrown)) {
                return true;
            }
            thrown = thrown instanceof KafkaException || thrown.getCause() instanceof KafkaException
                    ? thrown.getCause()
                    : null;
        }
        return false;
    }

    private static boolean leadsNowhere(Throwable thrown) {
        return thrown instanceof ConfigException
                && thrown.getMessage() != null
                && thrown.getMessage().contains(NAMES_LEAD_NOWHERE);
    }
}
