package io.reliablemessaging.test;

import java.util.concurrent.TimeUnit;

/** Waits without checked exceptions: an interrupt ends the wait with an exception and leaves the interrupt flag set. */
final class Interruptions {

    private Interruptions() {}

    interface Waiting<T> {
        T get() throws InterruptedException;
    }

    static <T> T await(Waiting<T> waiting) {
        try {
            return waiting.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for a server process", e);
        }
    }

    /** Waits for the end of the process, and tells whether it came in time. */
    static boolean ended(Process process, long milliseconds) {
        return await(() -> process.waitFor(milliseconds, TimeUnit.MILLISECONDS));
    }
}
