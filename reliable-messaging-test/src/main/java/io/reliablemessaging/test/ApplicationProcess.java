package io.reliablemessaging.test;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs an application in a JVM of its own, which a test can stop, kill, pause and resume. It never outlives this JVM. Thread-safe.
 */
public final class ApplicationProcess implements AutoCloseable {

    private final ServerProcess process;

    private ApplicationProcess(ServerProcess process) {
        this.process = process;
    }

    /**
     * Starts {@code java} with these arguments, and returns at once.
     *
     * @param name its name in messages
     * @param arguments options, class path, main class and its arguments
     * @param log file to which its output is appended
     */
    public static ApplicationProcess start(String name, List<String> arguments, Path log) {
        Platform.requirePosix();
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command =
                Stream.concat(Stream.of(java), arguments.stream()).toList();
        return new ApplicationProcess(ServerProcess.start(name, command, log, Signal.KILL));
    }

    /** Tells whether the process exists; a paused one does. */
    public boolean isRunning() {
        return process.isRunning();
    }

    /** Asks for an orderly end (SIGTERM), and waits for it; a paused process continues first. */
    public synchronized void stop() {
        if (isRunning()) {
            process.stop(Signal.TERM);
        }
    }

    /** Kills the process with SIGKILL: no hook runs, nothing is flushed or handed over. */
    public synchronized void kill() {
        if (isRunning()) {
            process.kill();
        }
    }

    /** Freezes the process (SIGSTOP): its connections stay open, but it does nothing. */
    public synchronized void pause() {
        process.pause();
    }

    /** Lets a paused process continue where it was (SIGCONT): it does not know that time has passed. */
    public synchronized void resume() {
        process.resume();
    }

    /** Kills the process. */
    @Override
    public void close() {
        kill();
    }

    long pid() {
        return process.pid();
    }
}
