package io.reliablemessaging.support;

import io.reliablemessaging.test.PostgresServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

/** A network link to a database server whose connections can die in silence, as when a firewall forgets them. */
public final class Link implements AutoCloseable {

    private final ServerSocket server;
    private final String host;
    private final int port;
    private final List<AtomicBoolean> connections = new CopyOnWriteArrayList<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    private Link(ServerSocket server, String host, int port) {
        this.server = server;
        this.host = host;
        this.port = port;
    }

    public static Link to(PostgresServer postgres) {
        String[] address =
                postgres.jdbcUrl("").replaceAll("^jdbc:postgresql://|/$", "").split(":", 2);
        try {
            Link link = new Link(
                    new ServerSocket(0, 50, InetAddress.getLoopbackAddress()),
                    address[0],
                    Integer.parseInt(address[1]));
            Threads.NEW.execute(link::accept);
            return link;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:" + server.getLocalPort() + "/" + database;
    }

    /** Lets nothing through on the connections that there are, for ever, nor closes them; new ones work. */
    public void silence() {
        connections.forEach(works -> works.set(false));
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                sockets.add(client);
                Socket target = new Socket(host, port);
                sockets.add(target);
                AtomicBoolean works = new AtomicBoolean(true);
                connections.add(works);
                Threads.NEW.execute(() -> pump(client, target, works));
                Threads.NEW.execute(() -> pump(target, client, works));
            } catch (IOException e) {
                // closed
            }
        }
    }

    private static void pump(Socket from, Socket to, AtomicBoolean works) {
        byte[] buffer = new byte[16 * 1024];
        try {
            InputStream in = from.getInputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (works.get()) {
                    to.getOutputStream().write(buffer, 0, read);
                }
            }
            if (works.get()) {
                to.close();
            }
        } catch (IOException e) {
            // one side has gone
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
