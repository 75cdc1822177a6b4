package io.reliablemessaging.text;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.text.LoggingProperties.Exceptions;
import io.reliablemessaging.text.LoggingProperties.Keys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.example.shop.Shop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.aop.framework.ProxyFactory;

class ReadableLoggerTests {

    private final org.slf4j.Logger log = ReadableLogger.of(ReadableLoggerTests.class);
    private final LogCapture captured = LogCapture.start();
    private final Logger target = (Logger) LoggerFactory.getLogger(ReadableLoggerTests.class);
    private final LoggingProperties before = LogStyle.current();

    @BeforeEach
    void listenToAll() {
        target.setLevel(Level.DEBUG);
        LogStyle.use(new LoggingProperties(Keys.HASH, Exceptions.FULL));
    }

    @AfterEach
    void close() {
        LogStyle.use(before);
        target.setLevel(null);
        captured.close();
    }

    @Test
    void durationsAndExceptionsWithAPlaceholderAreWordsInTheLine() {
        log.warn("Next attempt in {}: {}", Duration.ofMillis(911), failure());
        assertThat(only())
                .isEqualTo("Next attempt in 0.9 s: java.lang.IllegalStateException: no stock for A; root cause"
                        + " java.io.IOException: shelf is empty\n");
    }

    @Test
    void theTraceShowsTheApplicationFirstAndNeitherProxiesNorUs() {
        log.error("Listener {} failed", "shipping", failure());
        assertThat(only())
                .startsWith("Listener shipping failed\njava.lang.IllegalStateException: no stock for A\n"
                        + "\tat org.example.shop.Shop$Warehouse.reserve(Shop.java:")
                .contains("\nCaused by: java.io.IOException: shelf is empty\n")
                .contains(" frames left out")
                .doesNotContain("\tat io.reliablemessaging", "\tat org.springframework", "CGLIB", "reflect");
    }

    @Test
    void whereALibraryHasThrownComesAfterTheApplication() {
        Throwable thrown = thrownBy(() -> proxied().reserve("null"));
        log.error("Failed", thrown);
        assertThat(only())
                .startsWith("Failed\njava.lang.NullPointerException: no shelf for null\n"
                        + "\tat org.example.shop.Shop$Warehouse.reserve(Shop.java:")
                .contains("thrown at java.base/java.util.Objects.requireNonNull(Objects.java:")
                .doesNotContain("\tat java.");
    }

    @Test
    void withoutAnyFrameOfTheApplicationTheFirstOfTheLibraryAreShown() {
        Throwable thrown = CompletableFuture.supplyAsync(() -> Objects.requireNonNull(null, "nothing"))
                .handle((nothing, failure) -> failure.getCause())
                .join();
        log.error("Failed", thrown);
        assertThat(only()).contains("\tat java.base/java.util.Objects.requireNonNull");
    }

    @Test
    void withExceptionsClassNoLineHasWhatAnExceptionSays() {
        LogStyle.use(new LoggingProperties(Keys.HASH, Exceptions.CLASS));
        Throwable thrown = new UncheckedIOException("secret one", new IOException("secret two"));
        thrown.addSuppressed(new IllegalStateException("secret three"));
        log.debug("at debug", thrown);
        log.info("one {}", thrown);
        log.warn("two {} {}", "words", thrown);
        log.error("{} and a trace", "words", thrown);
        log.atWarn().setCause(thrown).log("fluent");
        assertThat(captured.all()).hasSize(5);
        assertThat(captured.all().toString())
                .contains("one java.io.UncheckedIOException; root cause java.io.IOException")
                .contains("Suppressed: java.lang.IllegalStateException")
                .doesNotContain("secret");
    }

    // whoever logs past it could print what an exception says, and durations that people do not read
    @Test
    void allOfUsLogThroughIt() throws IOException {
        Path sources = Path.of("src/main/java");
        Pattern other = Pattern.compile("LoggerFactory\\.getLogger|LogFactory\\.getLog|System\\.Logger");
        try (Stream<Path> files = Files.walk(sources)) {
            List<Path> past = files.filter(Files::isRegularFile)
                    .filter(file -> other.matcher(text(file)).find())
                    .toList();
            assertThat(past)
                    .extracting(file -> file.getFileName().toString())
                    .containsExactlyInAnyOrder(
                            "ReadableLogger.java", "PayloadReader.java"); // which Spring Kafka asks for one
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Throwable failure() {
        return thrownBy(() -> proxied().reserve("A"));
    }

    private static Shop.Warehouse proxied() {
        ProxyFactory factory = new ProxyFactory(new Shop.Warehouse());
        factory.setProxyTargetClass(true);
        return (Shop.Warehouse) factory.getProxy();
    }

    private static Throwable thrownBy(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            return e;
        }
        throw new AssertionError("nothing was thrown");
    }

    private String only() {
        assertThat(captured.all()).hasSize(1);
        assertThat(captured.all().get(0).logger()).isEqualTo(ReadableLoggerTests.class.getName());
        return captured.all().get(0).text();
    }
}
