package io.reliablemessaging.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL 18 as a child process, with durability on ({@code fsync}, {@code synchronous_commit}, {@code full_page_writes}), that
 * a test can stop, kill, pause and restart on the same data and port. Committed data survives all of these. The server, its
 * backends and its temporary data never outlive this JVM.
 *
 * <p>Every method returns when its effect has happened. All throw {@link IllegalStateException}, with the end of the server's log, if it
 * has not happened after 60 seconds. Thread-safe.
 */
public final class PostgresServer implements AutoCloseable {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration QUICK_END = Duration.ofSeconds(10);
    private static final String SUPERUSER = "postgres";

    private final Path directory;
    private final Unprivileged user;
    private final PostgresBinaries binaries;
    private final Map<String, String> settings;
    private final String password;
    private final int port;
    private final PostgresDatabases databases;
    private @Nullable ServerProcess process;

    private PostgresServer(int port, Unprivileged user, Map<String, String> settings, String password) {
        this.port = port;
        this.user = user;
        this.settings = settings;
        this.password = password;
        this.databases = new PostgresDatabases(this::jdbcUrl, SUPERUSER, password);
        this.binaries = PostgresBinaries.unpacked();
        this.directory = Workspace.newDirectory("postgresql");
    }

    /** Starts a new, empty server, with at least 200 connections, on a free port of the loopback address. */
    public static PostgresServer start() {
        return start(Map.of());
    }

    /**
     * Starts a new, empty server.
     *
     * @param settings configuration parameters, as after {@code -c}; they override ours
     */
    public static PostgresServer start(Map<String, String> settings) {
        return start(settings, Unprivileged.find());
    }

    static PostgresServer start(Map<String, String> settings, Unprivileged user) {
        return start(Ports.free(1).get(0), settings, user);
    }

    /** Starts a new, empty server on this port of the loopback address. */
    static PostgresServer startAt(int port) {
        return start(port, Map.of(), Unprivileged.find());
    }

    private static PostgresServer start(int port, Map<String, String> settings, Unprivileged user) {
        Platform.requirePosix();
        PostgresServer server = new PostgresServer(
                port, user, withDefaults(settings), UUID.randomUUID().toString());
        return started(server, server::initialize);
    }

    private static PostgresServer started(PostgresServer server, Runnable initialize) {
        try {
            initialize.run();
            server.launch();
            return server;
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static Map<String, String> withDefaults(Map<String, String> settings) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("listen_addresses", "127.0.0.1");
        all.put("unix_socket_directories", "");
        all.put("fsync", "on");
        all.put("synchronous_commit", "on");
        all.put("full_page_writes", "on");
        all.put("max_connections", "400");
        all.put("timezone", "UTC");
        // in the data directory, so it is removed with it; a killed server would leave POSIX shared memory behind
        all.put("dynamic_shared_memory_type", "mmap");
        all.putAll(settings);
        return all;
    }

    /**
     * Starts a standby of this server: another server with a copy of all databases, on a port of its own, which receives every
     * commit of this server a moment later and answers queries. Commits do not wait for it, unless the settings of this server say so.
     * User and password are the same.
     */
    public PostgresServer startStandby() {
        PostgresServer standby = new PostgresServer(Ports.free(1).get(0), user, settings, password);
        return started(standby, () -> standby.copyFrom(this));
    }

    /** Makes this standby a primary, with everything that it has received, whatever has happened to its own primary. */
    public synchronized void promote() {
        var unused = databases.ask("select pg_promote(false)");
        running().awaitReady(START_LIMIT, () -> databases.ask("select not pg_is_in_recovery()"));
    }

    /** Creates an empty database and returns its JDBC URL. Fails if a database with this name exists. */
    public String createDatabase(String name) {
        return databases.create(name).getJdbcUrl();
    }

    /** Creates a user that may log in, has the rights of the group, and is no superuser. */
    void createUser(String name, String password, String group) {
        databases.createUser(name, password, group);
    }

    /** Creates an empty database for this user. */
    void createDatabase(String name, String owner) {
        databases.create(name, owner);
    }

    /** Returns the JDBC URL of a database on this server; it stays the same after a restart. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    /** Returns the name of the superuser. */
    public String username() {
        return SUPERUSER;
    }

    /** Returns the superuser's password, which is random for each server. */
    public String password() {
        return password;
    }

    /** Tells whether the server process exists; a paused one does. */
    public synchronized boolean isRunning() {
        return process != null && process.isRunning();
    }

    /** Stops the server in order (a "fast" shutdown): open transactions roll back, connections are closed. Does nothing if it is not running. */
    public synchronized void stop() {
        if (process != null) {
            process.stop(Signal.INT);
            process = null;
        }
    }

    /** Kills the server and all its backends with SIGKILL, like a power cut. Does nothing if it is not running. */
    public synchronized void kill() {
        if (process != null) {
            process.kill();
            process = null;
        }
    }

    /** Freezes the server and all its backends (SIGSTOP): connections stay open, but nothing answers. */
    public synchronized void pause() {
        running().pause();
    }

    /** Lets a paused server continue where it was (SIGCONT). */
    public synchronized void resume() {
        running().resume();
    }

    /** Starts the server again on the same data and port, after an orderly stop if it is running, and returns when it accepts connections. */
    public synchronized void restart() {
        stop();
        launch();
    }

    /** Ends the server at once, and removes its data. */
    @Override
    public synchronized void close() {
        if (process != null) {
            process.resume();
            process.end(Signal.QUIT, QUICK_END);
            process = null;
        }
        Workspace.remove(directory);
    }

    @Override
    public String toString() {
        return "PostgreSQL at 127.0.0.1:" + port;
    }

    long pid() {
        return running().pid();
    }

    private ServerProcess running() {
        if (process == null) {
            throw new IllegalStateException(this + " is not running; restart() starts it");
        }
        return process;
    }

    private void initialize() {
        Path passwordFile = directory.resolve("password");
        try {
            Files.writeString(passwordFile, password);
            user.handOver(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL's directory " + directory + " cannot be prepared", e);
        }
        // The built-in locale needs nothing from the operating system. No sync
        // here, because a crash during initdb ends the test anyway.
        List<String> initdb = List.of(
                binaries.program("initdb"),
                "-D",
                data(),
                "-U",
                SUPERUSER,
                "-A",
                "password",
                "--pwfile",
                passwordFile.toString(),
                "-E",
                "UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-sync");
        ServerProcess.run("initdb", user.command(initdb), log());
    }

    private void copyFrom(PostgresServer primary) {
        String connectionInfo = "host=127.0.0.1 port=%d user=%s password=%s application_name=standby_%d"
                .formatted(primary.port, SUPERUSER, password, port);
        try (Connection superuser = primary.databases.connect()) {
            StandbyFiles.copy(superuser, Path.of(primary.data()), Path.of(data()), connectionInfo);
            user.handOver(directory);
        } catch (IOException | SQLException e) {
            throw new IllegalStateException(primary + " was not copied for a standby: " + e.getMessage(), e);
        }
    }

    private synchronized void launch() {
        List<String> command =
                new ArrayList<>(List.of(binaries.program("postgres"), "-D", data(), "-p", Integer.toString(port)));
        settings.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
        process = ServerProcess.start(toString(), user.command(command), log(), Signal.QUIT);
        process.awaitReady(START_LIMIT, databases::serverAnswers);
    }

    private String data() {
        return directory.resolve("data").toString();
    }

    private Path log() {
        return directory.resolve("server.log");
    }
}
