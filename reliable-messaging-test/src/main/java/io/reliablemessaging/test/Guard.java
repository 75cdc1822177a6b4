package io.reliablemessaging.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Runs a small shell that holds a pipe from this JVM and acts when the pipe breaks: however the JVM dies, even by SIGKILL, the kernel
 * closes the pipe. A watchdog inside the guarded process would not do, since a paused process reads no pipe and handles no signal; and a
 * shutdown hook would neither survive SIGKILL nor wait for Spring's own hook.
 *
 * <ol>
 *   <li>The guard starts first, without a process to guard.
 *   <li>The server starts. <em>The JVM dies here: an orphan. Only these few microseconds are not covered.</em>
 *   <li>The guard is told the pid. From here on the server ends with the JVM.
 *   <li>If the server ends first, the guard is dismissed, so that it does not hit another process that got the same pid.
 * </ol>
 */
final class Guard {

    // Ctrl-C reaches the whole process group, and the guard must survive it
    private static final String IGNORE_SIGNALS = "trap '' INT TERM HUP; ";

    private static final String END_PROCESS =
            IGNORE_SIGNALS + "read -r pid || exit; read -r bye || { kill -CONT $pid; kill -$0 $pid; }";

    // the servers may still be writing, so rm may fail once or twice
    private static final String REMOVE_DIRECTORY =
            IGNORE_SIGNALS + "read -r bye; n=0; until rm -rf \"$0\" || [ $n -ge 100 ]; do n=$((n+1)); sleep 0.1; done";

    private final Process shell;

    private Guard(Process shell) {
        this.shell = shell;
    }

    /** Starts a guard that sends the signal to the process given to {@link #watch}. */
    static Guard sending(Signal signal) {
        return new Guard(shell(END_PROCESS, signal.name()));
    }

    /** Starts a guard that removes the directory when this JVM has ended. */
    static Guard removing(Path directory) {
        return new Guard(shell(REMOVE_DIRECTORY, directory.toString()));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // dismissing cannot fail
    void watch(Process process) {
        tell(Long.toString(process.pid()));
        process.onExit().thenRun(this::dismiss);
    }

    void dismiss() {
        tell("bye");
    }

    private void tell(String line) {
        try {
            shell.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            shell.getOutputStream().flush();
        } catch (IOException e) {
            // the guard is gone (it ended, or was killed), so it needs no message
        }
    }

    private static Process shell(String script, String argument) {
        try {
            return new ProcessBuilder("sh", "-c", script, argument)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("No server was started: its guard needs sh, which must be on the PATH", e);
        }
    }
}
