package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DockerEngineTests {

    @TempDir
    Path directory;

    @Test
    void answersWhenItsPingSucceeds() throws IOException {
        assertThat(answersBehind("HTTP/1.1 200 OK\r\n\r\nOK")).isTrue();
    }

    @Test
    void doesNotWhenItsPingFails() throws IOException {
        assertThat(answersBehind("HTTP/1.1 503 Service Unavailable\r\n\r\n")).isFalse();
    }

    @Test
    void doesNotWhenItsSocketIsSilent() throws IOException {
        try (ServerSocketChannel silent = listening()) {
            assertThat(silent.isOpen()).isTrue();
            assertThat(answersAtSocket()).isFalse();
        }
    }

    @Test
    void doesNotWithoutASocket() {
        assertThat(answersAtSocket()).isFalse();
    }

    @Test
    void doesNotBehindAnAddressOfAnUnknownKind() {
        assertThat(DockerEngine.answers(Map.of("DOCKER_HOST", "npipe:////./pipe/docker_engine"), directory))
                .isFalse();
    }

    private boolean answersBehind(String response) throws IOException {
        try (ServerSocketChannel engine = listening()) {
            CompletableFuture<Void> answered =
                    CompletableFuture.runAsync(() -> answerOnce(engine, response), task -> new Thread(task).start());
            boolean answers = answersAtSocket();
            answered.join();
            return answers;
        }
    }

    private static void answerOnce(ServerSocketChannel engine, String response) {
        try (SocketChannel connection = engine.accept()) {
            connection.read(ByteBuffer.allocate(1024));
            connection.write(ByteBuffer.wrap(response.getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private ServerSocketChannel listening() throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket()));
    }

    private boolean answersAtSocket() {
        return DockerEngine.answers(Map.of("DOCKER_HOST", "unix://" + socket()), directory);
    }

    private Path socket() {
        return directory.resolve("docker.sock");
    }
}
