package io.reliablemessaging.support;

import io.reliablemessaging.test.PostgresServer;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.springframework.util.FileSystemUtils;

/** A PgBouncer in transaction mode before a database server: two transactions of one session may be on two connections. */
public final class PgBouncer implements AutoCloseable {

    private final int port;
    private final Path directory;
    private final Path settings;
    private final Process process;
    private final Thread endWithJvm;

    private PgBouncer(int port, Path directory, Path settings, Process process) {
        this.port = port;
        this.directory = directory;
        this.settings = settings;
        this.process = process;
        this.endWithJvm = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(endWithJvm);
    }

    public static boolean isInstalled() {
        return program().isPresent();
    }

    /**
     * Starts one on a free port of the loopback address.
     *
     * @param connections most connections to the server for a database
     */
    public static PgBouncer start(PostgresServer server, int connections) {
        try {
            int port = freePort();
            Path directory = Files.createTempDirectory("pgbouncer-");
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            Path users = Files.writeString(
                    directory.resolve("users.txt"), "\"%s\" \"%s\"%n".formatted(server.username(), server.password()));
            Path settings = Files.writeString(
                    directory.resolve("pgbouncer.ini"), """
                    [databases]
                    %s
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = plain
                    auth_file = %s
                    pool_mode = transaction
                    default_pool_size = %d
                    max_client_conn = 500
                    ignore_startup_parameters = extra_float_digits
                    """.formatted(databasesOf(server), port, users, connections));
            for (Path file : List.of(users, settings)) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
            }
            List<String> command =
                    new ArrayList<>(List.of(program().orElseThrow().toString()));
            if (Files.getAttribute(directory, "unix:uid").equals(0)) {
                command.addAll(List.of("-u", "nobody")); // it refuses to be root
            }
            command.add(settings.toString());
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("log").toFile())
                    .start();
            PgBouncer started = new PgBouncer(port, directory, settings, process);
            Awaitility.await(command.toString()).until(started::answers);
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Address of a database through it. PgBouncer 1.18 knows no prepared statements of the protocol. */
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database + "?prepareThreshold=0";
    }

    /** Leads the connections that there are, and new ones, to another server that knows the same users. */
    public void leadTo(PostgresServer server) {
        try {
            Files.writeString(settings, Files.readString(settings).replaceFirst("(?m)^\\* = .*$", databasesOf(server)));
            new ProcessBuilder("kill", "-HUP", Long.toString(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String databasesOf(PostgresServer server) {
        String[] address =
                server.jdbcUrl("").replaceAll("^jdbc:postgresql://|/$", "").split(":", 2);
        return "* = host=%s port=%s".formatted(address[0], address[1]);
    }

    private boolean answers() throws IOException {
        if (!process.isAlive()) {
            throw new IllegalStateException("PgBouncer ended:\n" + Files.readString(directory.resolve("log")));
        }
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(endWithJvm);
        process.destroyForcibly().onExit().join();
        FileSystemUtils.deleteRecursively(directory.toFile());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Optional<Path> program() {
        String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin";
        return Stream.of(path.split(File.pathSeparator, -1))
                .map(directory -> Path.of(directory, "pgbouncer"))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
