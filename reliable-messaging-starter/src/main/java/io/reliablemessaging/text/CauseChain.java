package io.reliablemessaging.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads an exception, its causes and their frames, whatever their methods do: methods that throw are taken for exceptions
 * without a cause or frames, and a circle or an endless chain of causes ends.
 */
final class CauseChain {

    // a chain whose causes are made on demand may be endless
    static final int LONGEST = 10_000;

    private CauseChain() {}

    /** Lists an exception and its causes, the root cause last. */
    static List<Throwable> of(Throwable first) {
        // by identity: exceptions may have an equals of their own
        return of(first, Collections.newSetFromMap(new IdentityHashMap<>()));
    }

    /**
     * Lists an exception and its causes, up to one that was seen before.
     *
     * @param seen the exceptions that were seen, compared by identity; those of the list are added
     */
    static List<Throwable> of(Throwable first, Set<Throwable> seen) {
        List<Throwable> chain = new ArrayList<>();
        Throwable next = first;
        while (next != null && chain.size() < LONGEST && seen.add(next)) {
            chain.add(next);
            next = causeOf(next);
        }
        return chain;
    }

    /** Returns the frames of an exception; none if it has none, or does not tell. */
    static StackTraceElement[] framesOf(Throwable thrown) {
        try {
            StackTraceElement[] frames = thrown.getStackTrace();
            return frames == null ? new StackTraceElement[0] : frames;
        } catch (Throwable t) {
            return new StackTraceElement[0];
        }
    }

    private static @Nullable Throwable causeOf(Throwable thrown) {
        try {
            return thrown.getCause();
        } catch (Throwable t) {
            return null;
        }
    }
}
