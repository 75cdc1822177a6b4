package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.core.io.ByteArrayResource;

/** The servers for development, started as a person would. */
class EmbeddedServersMainIT {

    private static final Duration LIMIT = Duration.ofMinutes(3);

    @TempDir
    Path directory;

    @Test
    void startsServersThatAnswerWhereItSaysAndRemovesThemWhenItIsStopped() throws Exception {
        List<Integer> ports = Ports.free(2);
        Process servers =
                start("--postgres-port=" + ports.get(0), "--kafka-port=" + ports.get(1), "--databases=shop,billing");
        try {
            await().atMost(LIMIT).until(() -> output().contains("are up") || !servers.isAlive());
            Properties printed = printedYaml();
            assertThat(printed)
                    .containsEntry("spring.datasource.url", "jdbc:postgresql://localhost:" + ports.get(0) + "/shop")
                    .containsEntry("spring.kafka.bootstrap-servers", "localhost:" + ports.get(1));
            String url = printed.getProperty("spring.datasource.url");
            assertThat(hasTheRightsOfAnApplication(url, printed)).isTrue();
            assertThat(hasTheRightsOfAnApplication(url.replace("/shop", "/billing"), printed))
                    .isTrue();
            assertThat(Metadata.lists(printed.getProperty("spring.kafka.bootstrap-servers"), 0))
                    .isTrue();
            List<ProcessHandle> children = servers.descendants().toList();
            assertThat(children).isNotEmpty();

            // as Ctrl-C does; SIGINT itself is ignored by all that somebody has started in the background
            Signal.TERM.sendTo(List.of(servers.toHandle()));

            assertThat(servers.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(output()).endsWith("PostgreSQL and Kafka are stopped, and their data is removed.\n");
            ports.forEach(port -> Ports.requireFree(port, "server", "--port"));
            await().atMost(LIMIT).until(() -> children.stream().noneMatch(EmbeddedServersMainIT::isRunning));
            await().atMost(LIMIT).until(() -> isEmpty(directory.resolve("tmp")));
        } finally {
            servers.destroyForcibly();
        }
    }

    @Test
    void saysWhichPortIsTakenAndHowToChooseAnother() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            Process servers = start(
                    "--postgres-port=" + port, "--kafka-port=" + Ports.free(1).get(0));

            assertThat(servers.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(servers.exitValue()).isEqualTo(1);
            assertThat(output())
                    .isEqualTo(
                            "Port %d of localhost is taken, perhaps by another PostgreSQL. Stop the program that listens there, or"
                                            .formatted(port)
                                    + " choose another port: --postgres-port=%d\n".formatted(port + 1));
        }
    }

    private Process start(String... arguments) throws IOException {
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        List<String> java = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                System.getProperty("java.class.path"),
                EmbeddedServersMain.class.getName());
        return new ProcessBuilder(
                        Stream.concat(java.stream(), Stream.of(arguments)).toList())
                .redirectErrorStream(true)
                .redirectOutput(log().toFile())
                .start();
    }

    private Path log() {
        return directory.resolve("output.log");
    }

    private String output() throws IOException {
        return Files.readString(log());
    }

    /** What a person would copy: the comment and all below it. */
    private Properties printedYaml() throws IOException {
        String output = output();
        int begin = output.indexOf("# application.yml");
        assertThat(begin).as(output).isPositive();
        YamlPropertiesFactoryBean yaml = new YamlPropertiesFactoryBean();
        yaml.setResources(new ByteArrayResource(output.substring(begin).getBytes(StandardCharsets.UTF_8)));
        return Objects.requireNonNull(yaml.getObject());
    }

    private static boolean hasTheRightsOfAnApplication(String url, Properties printed) throws Exception {
        try (Connection connection = DriverManager.getConnection(
                        url,
                        printed.getProperty("spring.datasource.username"),
                        printed.getProperty("spring.datasource.password"));
                var statement = connection.createStatement();
                var answer = statement.executeQuery("select has_database_privilege(current_database(), 'CREATE')"
                        + " and pg_has_role('pg_monitor', 'usage')"
                        + " and not (select rolsuper from pg_roles where rolname = current_user)")) {
            answer.next();
            return answer.getBoolean(1);
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
}
