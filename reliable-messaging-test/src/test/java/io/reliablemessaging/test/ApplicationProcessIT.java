package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApplicationProcessIT {

    @TempDir
    Path directory;

    private ApplicationProcess application;

    @BeforeEach
    void start() {
        application = ApplicationProcess.start(
                "an application",
                List.of("-cp", System.getProperty("java.class.path"), Application.class.getName()),
                directory.resolve("log"));
        await().atMost(Duration.ofMinutes(1)).until(() -> log().contains("up"));
        assertThat(application.isRunning()).isTrue();
    }

    @AfterEach
    void end() {
        application.close();
    }

    @Test
    void stoppedItEndsInOrder() throws IOException {
        application.stop();
        assertThat(application.isRunning()).isFalse();
        assertThat(log()).contains("up", "down");
    }

    @Test
    void killedItHasNoLastWord() throws IOException {
        application.kill();
        assertThat(application.isRunning()).isFalse();
        assertThat(log()).doesNotContain("down");
    }

    @Test
    void pausedItDoesNothingUntilItIsResumed() throws IOException {
        application.pause();
        await().atMost(Duration.ofMinutes(1)).until(() -> state().startsWith("T"));
        assertThat(application.isRunning()).isTrue();
        application.resume();
        await().atMost(Duration.ofMinutes(1)).until(() -> !state().startsWith("T"));
    }

    private String state() throws IOException {
        Process ps = new ProcessBuilder("ps", "-o", "state=", "-p", Long.toString(application.pid())).start();
        try (BufferedReader output = ps.inputReader()) {
            return String.valueOf(output.readLine());
        }
    }

    private String log() throws IOException {
        return Files.readString(directory.resolve("log"));
    }

    /** Says something all the time, and a last word if it may. */
    static final class Application {

        private Application() {}

        @SuppressWarnings({"SystemOut", "InfiniteLoop"}) // the test reads it
        public static void main(String[] arguments) throws InterruptedException {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("down")));
            while (true) {
                System.out.println("up");
                Thread.sleep(10);
            }
        }
    }
}
