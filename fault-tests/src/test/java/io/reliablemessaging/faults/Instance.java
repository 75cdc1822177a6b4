package io.reliablemessaging.faults;

import static org.awaitility.Awaitility.await;

import io.reliablemessaging.faults.bank.Bank;
import io.reliablemessaging.test.ApplicationProcess;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** One application: its processes, one after the other, and its own link to the database. */
final class Instance {

    private static final Duration START_LIMIT = Duration.ofMinutes(3);

    private final String name;
    private final Path directory;
    private final Link database;
    private final List<Path> patches = new ArrayList<>();
    private final List<String> properties;
    private Path starter;
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
        patches.add(classes);
        return this;
    }

    /** Runs with the starter of another release, all else being the same. */
    Instance withStarter(Path classes) {
        starter = classes;
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
                "-D" + Gate.DIRECTORY + "=" + directory,
                "-cp",
                classPath(),
                Bank.class.getName()));
        arguments.addAll(properties);
        process = ApplicationProcess.start(name, arguments, log());
    }

    void awaitStarted() {
        await(name + " has started").atMost(START_LIMIT).until(() -> {
            if (!isRunning()) {
                throw new IllegalStateException(name + " has ended instead of starting; see " + log());
            }
            return hasLogged("Started Bank in");
        });
    }

    void awaitLogged(String text) {
        Rest.await(text + " in the log of " + name, () -> hasLogged(text) ? null : "not yet");
    }

    /** Starts it if it does not run: it was killed, or a start has failed for want of a database. */
    synchronized void ensureRunning() {
        if (!isRunning()) {
            launch();
        }
    }

    /** Whether the log of its process that was started last has this text. */
    synchronized boolean hasLogged(String text) {
        try {
            return Files.exists(log()) && Files.readString(log()).contains(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    synchronized boolean isRunning() {
        return process != null && process.isRunning();
    }

    void kill() {
        running().kill();
    }

    /** For good. */
    void close() {
        if (isRunning()) {
            kill();
        }
        database.close();
    }

    void stop() {
        running().stop();
    }

    void pause() {
        running().pause();
    }

    private synchronized ApplicationProcess running() {
        if (!isRunning()) {
            throw new IllegalStateException(name + " is not running");
        }
        return process;
    }

    void resume() {
        process.resume();
    }

    /** The files by which the threads of its workload say that they have nothing to do. */
    Stream<Path> idleFiles() {
        int threads = properties.stream()
                .filter(property -> property.startsWith("--bank.threads="))
                .mapToInt(property -> Integer.parseInt(property.substring(property.indexOf('=') + 1)))
                .sum();
        return IntStream.range(0, threads).mapToObj(thread -> directory.resolve(name + "-" + thread + ".idle"));
    }

    boolean listens() {
        return properties.contains("--bank.consume=true");
    }

    /** How often its process was started. */
    synchronized int starts() {
        return starts;
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
        List<String> entries = new ArrayList<>();
        patches.forEach(patch -> entries.add(patch.toString()));
        entries.addAll(List.of(System.getProperty("java.class.path").split(File.pathSeparator)));
        if (starter != null) {
            // in its place, not before it: a class that only one of them has must not come from the other
            if (!entries.removeIf(entry -> entry.contains("reliable-messaging-starter"))) {
                throw new IllegalStateException("No reliable-messaging-starter in the class path " + entries);
            }
            entries.add(starter.toString());
        }
        return String.join(File.pathSeparator, entries);
    }
}
