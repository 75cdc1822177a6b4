package io.reliablemessaging.test;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Tells whether a Docker engine answers, within two seconds: Testcontainers' own search takes longer and logs errors. */
final class DockerEngine {

    private static final int LIMIT_MILLISECONDS = 2_000;
    private static final String PING = "GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n";

    private DockerEngine() {}

    static boolean answers() {
        return answers(System.getenv(), Path.of(System.getProperty("user.home")));
    }

    static boolean answers(Map<String, String> environment, Path home) {
        String host = environment.get("DOCKER_HOST");
        if (host == null) {
            return defaultSocket(environment, home).filter(DockerEngine::pings).isPresent();
        }
        URI uri = URI.create(host);
        return switch (String.valueOf(uri.getScheme())) {
            case "unix" -> pings(Path.of(uri.getPath()));
            case "tcp", "http", "https" -> accepts(new InetSocketAddress(uri.getHost(), uri.getPort()));
            default -> false;
        };
    }

    private static Optional<Path> defaultSocket(Map<String, String> environment, Path home) {
        return Stream.of(
                        Path.of("/var/run/docker.sock"),
                        home.resolve(".docker/run/docker.sock"),
                        rootless(environment.get("XDG_RUNTIME_DIR")))
                .filter(Files::exists)
                .findFirst();
    }

    private static Path rootless(@Nullable String runtimeDirectory) {
        return Path.of(runtimeDirectory == null ? "/run" : runtimeDirectory, "docker.sock");
    }

    /** Asks the engine, because a socket file alone proves nothing: it outlives its engine. */
    private static boolean pings(Path socket) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return CompletableFuture.supplyAsync(
                            () -> pings(channel, UnixDomainSocketAddress.of(socket)), DockerEngine::onOwnThread)
                    .completeOnTimeout(false, LIMIT_MILLISECONDS, TimeUnit.MILLISECONDS)
                    .join(); // closing the channel ends a ping that is still waiting
        } catch (IOException e) {
            return false;
        }
    }

    /** Runs the ping on a thread of its own: the common pool may have a single, busy thread, and the engine would seem silent. */
    private static void onOwnThread(Runnable ping) {
        Thread thread = new Thread(ping, "docker-ping");
        thread.setDaemon(true);
        thread.start();
    }

    private static boolean pings(SocketChannel channel, SocketAddress address) {
        try {
            channel.connect(address);
            channel.write(ByteBuffer.wrap(PING.getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer statusLine = ByteBuffer.allocate("HTTP/1.0 200".length());
            while (statusLine.hasRemaining() && channel.read(statusLine) >= 0) {
                // until the status has arrived
            }
            return new String(statusLine.array(), StandardCharsets.US_ASCII).endsWith(" 200");
        } catch (IOException e) {
            return false;
        }
    }

    /** Only connects: over TCP there may be TLS with the user's certificates. */
    private static boolean accepts(InetSocketAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(address, LIMIT_MILLISECONDS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
