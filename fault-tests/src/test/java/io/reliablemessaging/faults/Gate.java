package io.reliablemessaging.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * Stops a thread of an application at a place of our choosing, so that what is otherwise a matter of microseconds can be played
 * step by step. The applications share a directory with us: a file closes the gate, another says that somebody waits there.
 */
public final class Gate {

    static final String DIRECTORY = "faults.gates";

    private static final long LOOK_NANOSECONDS = 5_000_000;

    private final Path closed;
    private final Path waiting;

    Gate(Path directory, String name) {
        this.closed = directory.resolve(name + ".gate");
        this.waiting = directory.resolve(name + ".waiting");
    }

    /** Waits as long as the gate is closed. Called by the application. */
    public static void pass(String name) {
        try {
            new Gate(Path.of(System.getProperty(DIRECTORY)), name).pass();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void pass() throws IOException {
        while (Files.exists(closed)) {
            if (!Files.exists(waiting)) {
                Files.createFile(waiting);
            }
            LockSupport.parkNanos(LOOK_NANOSECONDS);
        }
    }

    void close() throws IOException {
        Files.deleteIfExists(waiting);
        Files.createFile(closed);
    }

    void open() throws IOException {
        Files.delete(closed);
    }

    void awaitSomebody() {
        Rest.await("somebody at " + closed, () -> Files.exists(waiting) ? null : "nobody");
    }
}
