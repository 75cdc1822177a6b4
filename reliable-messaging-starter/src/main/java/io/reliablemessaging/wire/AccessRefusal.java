package io.reliablemessaging.wire;

import java.util.Optional;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;

/** Recognises errors of Kafka that mean a missing right of the producer: no retry helps, and no record is to blame. */
public final class AccessRefusal {

    private static final int DEEPEST = 10;

    private AccessRefusal() {}

    /** Describes what this application may not do and which right it needs; empty if the failure has another reason. */
    public static Optional<String> of(Throwable failure) {
        Throwable thrown = failure;
        for (int depth = 0; thrown != null && depth < DEEPEST; depth++) {
            String said = describe(thrown);
            if (!said.isEmpty()) {
                return Optional.of(said);
            }
            thrown = thrown.getCause();
        }
        return Optional.empty();
    }

    private static String describe(Throwable thrown) {
        if (thrown instanceof TopicAuthorizationException topic) {
            return "not authorised: this application may not write to topic %s. Grant its user WRITE on the topic"
                    .formatted(String.join(", ", topic.unauthorizedTopics()));
        }
        if (thrown instanceof ClusterAuthorizationException) {
            return "not authorised: this application may not be a producer of this cluster (%s). Grant its user WRITE on its topics, or IDEMPOTENT_WRITE on the cluster"
                    .formatted(thrown.getMessage());
        }
        if (thrown instanceof TransactionalIdAuthorizationException) {
            return "not authorised: this application may not use its transactional id (%s)"
                    .formatted(thrown.getMessage());
        }
        if (thrown instanceof AuthenticationException) {
            return "not authorised: Kafka does not accept the credentials, or the certificate, of this application (%s)"
                    .formatted(thrown.getMessage());
        }
        return "";
    }
}
