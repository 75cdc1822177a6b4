package io.reliablemessaging.test;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a server with its children: guarded from its first moment, and stopped, paused and killed like a machine would do it. */
final class ServerProcess {

    private static final Logger logger = LoggerFactory.getLogger(ServerProcess.class);

    private static final Duration ORDERLY_STOP = Duration.ofSeconds(60);
    private static final long POLL_MILLISECONDS = 50;
    private static final int LOG_LINES_IN_ERRORS = 40;

    // part of util-linux, which macOS lacks
    private static final boolean SETSID = onPath("setsid");

    private final String name;
    private final Process process;
    private final Path log;

    private ServerProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /**
     * Starts a command. Its output is appended to the log file.
     *
     * @param lastSignal signal that the guard sends when this JVM has ended
     */
    static ServerProcess start(String name, List<String> command, Path log, Signal lastSignal) {
        ProcessBuilder builder = cleanEnvironment(inOwnSession(command))
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        Guard guard = Guard.sending(lastSignal);
        try {
            Process process = builder.start();
            guard.watch(process);
            logger.info("Starting {}: pid {}, log {}", name, process.pid(), log);
            return new ServerProcess(name, process, log);
        } catch (IOException e) {
            guard.dismiss();
            throw new UncheckedIOException(name + " was not started: cannot run " + command.get(0), e);
        }
    }

    /** Runs a command to its end. Throws with the end of its log if it fails. */
    static void run(String name, List<String> command, Path log) {
        ServerProcess running = start(name, command, log, Signal.KILL);
        int exitCode = Interruptions.await(running.process::waitFor);
        if (exitCode != 0) {
            throw running.failed("failed with exit code " + exitCode);
        }
    }

    // Ctrl-C reaches the whole process group of the terminal: in a session of its own, the server stays up until the
    // application has closed its connections. setsid replaces itself by the command, so the pid stays.
    private static List<String> inOwnSession(List<String> command) {
        return SETSID ? Stream.concat(Stream.of("setsid"), command.stream()).toList() : command;
    }

    private static boolean onPath(String program) {
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.of(path.split(File.pathSeparator, -1))
                .anyMatch(directory -> new File(directory, program).canExecute());
    }

    /** Leaves out variables that the user has set for their own JVMs and databases. */
    private static ProcessBuilder cleanEnvironment(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment()
                .keySet()
                .removeIf(variable -> variable.startsWith("PG")
                        || variable.startsWith("KAFKA_")
                        || List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH")
                                .contains(variable));
        return builder;
    }

    /** Waits until the server answers. If it ends, or takes too long, throws with the end of its log. */
    void awaitReady(Duration limit, BooleanSupplier answers) {
        long started = System.nanoTime();
        while (!answers.getAsBoolean()) {
            if (Interruptions.ended(process, POLL_MILLISECONDS)) {
                throw failed("ended with exit code " + process.exitValue() + " while starting");
            }
            if (System.nanoTime() - started > limit.toNanos()) {
                IllegalStateException failure =
                        failed("does not answer " + limit.toSeconds() + " s after its start, so it was killed");
                kill();
                throw failure;
            }
        }
    }

    boolean isRunning() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    /** Stops the parent first, so that it cannot start a child that the second signal would miss. */
    void pause() {
        Signal.STOP.sendTo(List.of(process.toHandle()));
        Signal.STOP.sendTo(tree());
    }

    void resume() {
        Signal.CONT.sendTo(tree());
    }

    /** Asks for an orderly end with the server's own signal, and waits for it. */
    void stop(Signal orderly) {
        resume(); // a paused process would not handle the signal
        orderly.sendTo(List.of(process.toHandle()));
        if (!Interruptions.ended(process, ORDERLY_STOP.toMillis())) {
            throw failed("was asked to stop and still runs after " + ORDERLY_STOP.toSeconds() + " s; kill() ends it");
        }
    }

    /** Asks for an end with the signal, and kills the process if it has not ended within the limit. */
    void end(Signal signal, Duration limit) {
        resume();
        signal.sendTo(List.of(process.toHandle()));
        if (!Interruptions.ended(process, limit.toMillis())) {
            kill();
        }
    }

    /** Kills the process and all its children at once, without a chance to react. */
    void kill() {
        Signal.STOP.sendTo(List.of(process.toHandle()));
        List<ProcessHandle> tree = tree();
        Signal.KILL.sendTo(tree);
        Interruptions.await(process::waitFor);
        awaitExit(tree);
    }

    private List<ProcessHandle> tree() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .toList();
    }

    private static void awaitExit(List<ProcessHandle> killed) {
        // Limited: under a PID 1 that never reaps, dead grandchildren
        // stay zombies for ever; but they hold no resources.
        Interruptions.await(() -> CompletableFuture.allOf(
                        killed.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new))
                .completeOnTimeout(null, 5, TimeUnit.SECONDS)
                .handle((done, failure) -> true)
                .join());
    }

    private IllegalStateException failed(String what) {
        return new IllegalStateException(name + " " + what + ". The end of its log " + log + ":\n" + endOfLog());
    }

    private String endOfLog() {
        try {
            List<String> lines = new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES_IN_ERRORS), lines.size()));
        } catch (IOException e) {
            return "(cannot be read: " + e.getMessage() + ")";
        }
    }
}
