package io.reliablemessaging.settings;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Prints why the application does not start, and what to do about it, instead of a stack trace. */
@Order(Ordered.HIGHEST_PRECEDENCE) // Boot's own analyzer would say less: "Update your application's configuration"
final class StartupRefusalAnalyzer extends AbstractFailureAnalyzer<StartupRefusal> {

    private final @Nullable Environment environment;

    /**
     * Creates the analyzer.
     *
     * @param environment environment of the application; null if the failure came before it was created
     */
    StartupRefusalAnalyzer(@Nullable Environment environment) {
        this.environment = environment;
    }

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, StartupRefusal cause) {
        return new FailureAnalysis(sentence(cause.problem() + place(cause)), sentence(cause.wayOut()), cause);
    }

    private String place(StartupRefusal refusal) {
        String setting = refusal.setting();
        if (setting == null || environment == null) {
            return "";
        }
        String origin = SetProperty.origin(environment, ConfigurationPropertyName.of(setting));
        return origin == null ? "" : ". It is set in " + origin;
    }

    private static String sentence(String text) {
        return text.endsWith(".") ? text : text + ".";
    }
}
