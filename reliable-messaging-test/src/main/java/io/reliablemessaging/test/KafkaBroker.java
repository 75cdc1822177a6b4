package io.reliablemessaging.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One broker of a {@link KafkaCluster} with its controller: a child process that a test can stop, kill, pause and restart on the same
 * data and port.
 *
 * <p>Every method returns when its effect has happened. All throw {@link IllegalStateException}, with the end of the broker's log, if it
 * has not happened after 60 seconds: a broker can neither start nor stop in order while most of the cluster's brokers are down.
 * Thread-safe.
 */
public final class KafkaBroker {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    private final int index;
    private final int port;
    private final int proxiedPort;
    private final Path directory;
    private final List<String> command;
    private @Nullable ServerProcess process;

    private KafkaBroker(BrokerProperties properties, Path directory, List<String> command) {
        this.index = properties.index();
        this.port = properties.brokerPorts().get(index);
        this.proxiedPort = properties.proxiedPorts().isEmpty()
                ? -1
                : properties.proxiedPorts().get(index);
        this.directory = directory;
        this.command = command;
    }

    static KafkaBroker prepare(
            BrokerProperties properties, String clusterId, Path parent, Map<String, String> overrides) {
        int index = properties.index();
        Path directory = parent.resolve("broker-" + index);
        Path file = directory.resolve("server.properties");
        try {
            Files.createDirectories(directory);
            Files.write(file, lines(properties.create(directory.resolve("data"), overrides)));
            List<String> command = BrokerCommand.create(
                    directory,
                    List.of(file.toString(), clusterId, ready(directory).toString()));
            return new KafkaBroker(properties, directory, command);
        } catch (IOException e) {
            throw new UncheckedIOException("Broker " + index + " cannot be prepared in " + directory, e);
        }
    }

    /** Returns its number in the cluster, from 0, which is also its Kafka node id. */
    public int index() {
        return index;
    }

    /** Returns {@code host:port}, which stays the same after a restart. */
    public String bootstrapServer() {
        return "127.0.0.1:" + port;
    }

    /**
     * Returns the port to which its proxy must forward; it stays the same after a restart.
     *
     * @throws IllegalStateException if the cluster was not started behind proxies
     */
    public int proxiedPort() {
        if (proxiedPort < 0) {
            throw new IllegalStateException(this + " has no proxy; see KafkaCluster.startBehindProxies");
        }
        return proxiedPort;
    }

    /** Tells whether the broker's process exists; a paused one does. */
    public synchronized boolean isRunning() {
        return process != null && process.isRunning();
    }

    /** Stops the broker in order: leadership is handed over, logs are flushed and closed. Does nothing if it is not running. */
    public synchronized void stop() {
        if (process != null) {
            process.stop(Signal.TERM);
            process = null;
        }
    }

    /** Kills the broker with SIGKILL. Does nothing if it is not running. */
    public synchronized void kill() {
        if (process != null) {
            process.kill();
            process = null;
        }
    }

    /** Freezes the broker (SIGSTOP): its connections stay open, but it does not answer. */
    public synchronized void pause() {
        running().pause();
    }

    /** Lets a paused broker continue where it was (SIGCONT). */
    public synchronized void resume() {
        running().resume();
    }

    /**
     * Starts the broker again on the same data and port, after an orderly stop if it is running, and returns when it serves clients. After
     * {@link #kill()} this takes some seconds: the controllers wait until the killed broker's session is over.
     */
    public synchronized void restart() {
        stop();
        launch();
        awaitServing();
    }

    @Override
    public String toString() {
        return "Kafka broker " + index + " at " + bootstrapServer();
    }

    long pid() {
        return running().pid();
    }

    /** Starts the process without waiting, since the first broker of a cluster serves clients only when a majority is there. */
    synchronized void launch() {
        try {
            Files.deleteIfExists(ready(directory));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        process = ServerProcess.start(toString(), command, directory.resolve("server.log"), Signal.KILL);
    }

    synchronized void awaitServing() {
        running().awaitReady(START_LIMIT, () -> Files.exists(ready(directory)));
        running().awaitReady(START_LIMIT, () -> Metadata.lists(bootstrapServer(), index));
    }

    private ServerProcess running() {
        if (process == null) {
            throw new IllegalStateException(this + " is not running; restart() starts it");
        }
        return process;
    }

    private static Path ready(Path directory) {
        return directory.resolve("ready");
    }

    private static List<String> lines(Map<String, String> properties) {
        return properties.entrySet().stream()
                .map(property -> property.getKey() + "=" + property.getValue().replace("\\", "\\\\"))
                .collect(Collectors.toList());
    }
}
