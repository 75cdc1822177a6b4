package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A JVM that dies without a word leaves neither a process nor a file. */
class OrphansIT {

    @TempDir
    Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"running", "paused"})
    void nothingOutlivesAKilledJvm(String state) throws IOException {
        Process jvm = startServersInAnotherJvm(state);
        List<ProcessHandle> servers = reportedPids(jvm);
        assertThat(servers).hasSize(2).allMatch(ProcessHandle::isAlive);
        List<ProcessHandle> all = servers.stream()
                .flatMap(server -> Stream.concat(Stream.of(server), server.descendants()))
                .toList();

        jvm.destroyForcibly();

        await().atMost(Duration.ofMinutes(1)).until(() -> all.stream().noneMatch(OrphansIT::isRunning));
        await().atMost(Duration.ofMinutes(1)).until(() -> isEmpty(temporary));
    }

    private Process startServersInAnotherJvm(String state) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.io.tmpdir=" + temporary,
                        "-cp",
                        System.getProperty("java.class.path"),
                        ServersMain.class.getName(),
                        state)
                .redirectInput(new File("/dev/null"))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** Both servers' pids, in the only line that holds nothing but numbers. */
    private static List<ProcessHandle> reportedPids(Process jvm) throws IOException {
        try (BufferedReader output = jvm.inputReader()) {
            String pids = output.lines()
                    .filter(line -> line.matches("\\d+ \\d+"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("the JVM ended without having started its servers"));
            return Stream.of(pids.split(" "))
                    .map(pid -> ProcessHandle.of(Long.parseLong(pid)).orElseThrow())
                    .toList();
        }
    }

    /** A zombie runs no more; when it is reaped is PID 1's affair. */
    private static boolean isRunning(ProcessHandle process) {
        return process.isAlive() && process.info().command().isPresent();
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.findAny().isEmpty();
        }
    }

    /** The other JVM: starts both shared servers, reports their pids, and waits for its end. */
    static final class ServersMain {

        private ServersMain() {}

        @SuppressWarnings("SystemOut") // the test reads it
        public static void main(String[] arguments) throws InterruptedException {
            PostgresServer postgres = SharedServers.postgres();
            KafkaBroker broker = SharedServers.kafka().broker(0);
            if (arguments[0].equals("paused")) {
                postgres.pause();
                broker.pause();
            }
            System.out.println(postgres.pid() + " " + broker.pid());
            Thread.currentThread().join();
        }
    }
}
