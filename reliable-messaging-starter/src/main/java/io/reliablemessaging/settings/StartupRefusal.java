package io.reliablemessaging.settings;

import org.jspecify.annotations.Nullable;

/** Refuses the start of the application. A person reads the problem and the way out instead of a stack trace. */
public class StartupRefusal extends IllegalStateException {

    private final String problem;
    private final String wayOut;

    /**
     * Describes what is wrong and what to do.
     *
     * @param problem what is wrong with which thing, in sentences without the last full stop
     * @param wayOut what to do now, in the same form
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

    /** Returns the name of the single setting that is wrong, so that its place can be shown; null if there is none. */
    @Nullable
    String setting() {
        return null;
    }
}
