package io.reliablemessaging.settings;

import org.jspecify.annotations.Nullable;

/** A reason not to start. A person reads its problem and its way out instead of a stack trace. */
public class StartupRefusal extends IllegalStateException {

    private final String problem;
    private final String wayOut;

    /**
     * Says what is wrong and what to do.
     *
     * @param problem what is wrong and with what, in sentences without the last full stop
     * @param wayOut what to do now, likewise
     */
    public StartupRefusal(String problem, String wayOut) {
        this(problem, wayOut, null);
    }

    public StartupRefusal(String problem, String wayOut, @Nullable Throwable cause) {
        super("%s. %s".formatted(problem, wayOut), cause);
        this.problem = problem;
        this.wayOut = wayOut;
    }

    public final String problem() {
        return problem;
    }

    public final String wayOut() {
        return wayOut;
    }

    /** Name of the setting that is wrong, if a single one is; where it was set can then be shown. */
    @Nullable
    String setting() {
        return null;
    }
}
