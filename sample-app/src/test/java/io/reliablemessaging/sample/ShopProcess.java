package io.reliablemessaging.sample;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The sample in a JVM of its own, which can be killed. It never outlives this one. */
final class ShopProcess implements AutoCloseable {

    private static final Pattern OPEN = Pattern.compile("The sample shop is open: http://localhost:(\\d+)/");

    private final Process process;
    private final Process guard;
    private final Path log;

    private ShopProcess(Process process, Process guard, Path log) {
        this.process = process;
        this.guard = guard;
        this.log = log;
    }

    /** Starts the sample, and returns when it is up. */
    static ShopProcess start(Path log, List<String> arguments) throws IOException {
        return start(SampleApplication.class, log, arguments);
    }

    /** Starts the sample with servers of its own, as {@code spring-boot:test-run} does, and returns when it is up. */
    static ShopProcess startWithServers(Path log) throws IOException {
        return start(TestSampleApplication.class, log, List.of());
    }

    private static ShopProcess start(Class<?> main, Path log, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName(),
                "--server.port=0"));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        ShopProcess shop = new ShopProcess(process, guard(process), log);
        await().atMost(Duration.ofMinutes(3)).until(() -> shop.logged(OPEN).isPresent());
        return shop;
    }

    Shop shop() throws IOException {
        return new Shop(port());
    }

    /** Where its page is, by what it says itself. */
    int port() throws IOException {
        return Integer.parseInt(logged(OPEN).orElseThrow().group(1));
    }

    /** Number of times that it has written this to its log. */
    long logged(String text) throws IOException {
        return Files.readString(log).lines().filter(line -> line.contains(text)).count();
    }

    /** SIGKILL: no hook runs, nothing is flushed or handed over. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() throws IOException {
        kill();
        try (OutputStream farewell = guard.getOutputStream()) {
            farewell.write('\n');
        }
    }

    private Optional<MatchResult> logged(Pattern pattern) throws IOException {
        String text = Files.readString(log);
        if (!process.isAlive()) {
            throw new IllegalStateException("The sample has ended:\n" + text);
        }
        return pattern.matcher(text).results().findFirst();
    }

    /** A shell that waits for our end: when this JVM dies, however it dies, its pipe closes and the child is killed. */
    private static Process guard(Process child) throws IOException {
        String script = "trap '' INT TERM HUP; read -r bye || kill -KILL $0";
        return new ProcessBuilder("sh", "-c", script, Long.toString(child.pid())).start();
    }
}
