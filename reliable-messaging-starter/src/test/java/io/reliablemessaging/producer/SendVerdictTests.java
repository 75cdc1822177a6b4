package io.reliablemessaging.producer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.Test;

/** Every exception of the Kafka client has been looked at; a new one in the next version fails this test. */
class SendVerdictTests {

    private static final Stream<String> PACKAGES = Stream.of("common", "common/errors", "clients/producer");

    @Test
    void everyExceptionOfTheClientHasTheVerdictThatWasReviewed() throws Exception {
        Map<String, String> verdicts = new TreeMap<>();
        for (String name : exceptionsInTheClientsJar().toList()) {
            verdicts.put(name, SendVerdict.on(Class.forName(name)).name());
        }
        assertThat(verdicts).isEqualTo(reviewed());
    }

    private static Map<String, String> reviewed() throws Exception {
        Map<String, String> reviewed = new TreeMap<>();
        Path file = Path.of(SendVerdictTests.class.getResource("verdicts.txt").toURI());
        Files.readAllLines(file).stream().filter(line -> !line.startsWith("#")).forEach(line -> {
            int space = line.indexOf(' ');
            reviewed.put(line.substring(0, space), line.substring(space + 1));
        });
        return reviewed;
    }

    private static Stream<String> exceptionsInTheClientsJar() throws Exception {
        Path jar = Path.of(KafkaProducer.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        FileSystem files = FileSystems.newFileSystem(jar);
        return PACKAGES.map(each -> files.getPath("/org/apache/kafka/" + each))
                .flatMap(SendVerdictTests::list)
                .map(Path::toString)
                .filter(path -> path.endsWith("Exception.class") && !path.contains("$"))
                .map(path ->
                        path.substring(1, path.length() - ".class".length()).replace('/', '.'));
    }

    private static Stream<Path> list(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.toList().stream();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
