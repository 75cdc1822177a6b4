package io.reliablemessaging.faults;

import static org.awaitility.Awaitility.await;

import io.reliablemessaging.faults.bank.Bank;
import io.reliablemessaging.test.ApplicationProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One application: its processes, one after the other, and its own link to the database. */
final class Instance {

    private static final Duration START_LIMIT = Duration.ofMinutes(3);

    private final String name;
    private final Path directory;
    private final Link database;
    private final List<String> patches = new ArrayList<>();
    private final List<String> properties;
    private ApplicationProcess process;
    private int starts;

    Instance(String name, Path directory, Link database, List<String> properties) {
        this.name = name;
        this.directory = directory;
        this.database = database;
        this.properties = properties;
    }

    /** Puts classes in the place of those of the same name. */
    Instance patchedWith(Path classes) {
        patches.add(classes.toString());
        return this;
    }

    /** Starts without waiting. */
    synchronized void launch() {
        starts++;
        List<String> arguments = new ArrayList<>(List.of(
                "-Xmx192m",
                "-Xss512k",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                classPath(),
                Bank.class.getName(),
                "--bank.instance=" + name,
                "--bank.directory=" + directory));
        properties.forEach(property -> arguments.add("--" + property));
        process = ApplicationProcess.start(name, arguments, log());
    }

    synchronized void awaitStarted() {
        await(name + " has started").atMost(START_LIMIT).until(() -> {
            if (!process.isRunning()) {
                throw new IllegalStateException(name + " has ended instead of starting; see " + log());
            }
            return hasStarted();
        });
    }

    /** The way back: whether its last start was never waited for, or failed for want of a database, or it was killed. */
    void ensureRunning() {
        if (!isRunning()) {
            launch();
        }
    }

    boolean hasStarted() {
        try {
            return Files.exists(log()) && Files.readString(log()).contains("Started Bank in");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    synchronized boolean isRunning() {
        return process != null && process.isRunning();
    }

    void kill() {
        process.kill();
    }

    void stop() {
        process.stop();
    }

    void pause() {
        process.pause();
    }

    void resume() {
        process.resume();
    }

    Link database() {
        return database;
    }

    String name() {
        return name;
    }

    @Override
    public String toString() {
        return name;
    }

    private Path log() {
        return directory.resolve(name + "-" + starts + ".log");
    }

    private String classPath() {
        List<String> entries = new ArrayList<>(patches);
        entries.add(System.getProperty("java.class.path"));
        return String.join(System.getProperty("path.separator"), entries);
    }
}
