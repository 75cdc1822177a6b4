package io.reliablemessaging.schema;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;

/** Says how to go on when the schema cannot be used. */
final class SchemaFailureAnalyzer implements FailureAnalyzer {

    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SchemaClaimedException) {
                return new FailureAnalysis(
                        cause.getMessage() + ". Two applications in one schema would steal each other's messages.",
                        "Give this application a schema of its own with 'reliable-messaging.schema'. If it is the same "
                                + "application under a new name, set 'reliable-messaging.application' to the old name, "
                                + "or, with all instances stopped, update the row in table 'application'.",
                        failure);
            }
            if (cause instanceof SchemaRefusal refusal) {
                return new FailureAnalysis(refusal.getMessage() + ".", refusal.action(), failure);
            }
            if (cause instanceof SchemaNotReadyException notReady) {
                return new FailureAnalysis(
                        cause.getMessage() + ": " + notReady.details(),
                        "Apply the migrations in 'classpath:db/reliable-messaging' with a role that may create tables "
                                + "(history table 'schema_history'), or set 'reliable-messaging.migrate=true'.",
                        failure);
            }
        }
        return null;
    }
}
