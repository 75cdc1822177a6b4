package io.reliablemessaging.faults;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/** A network link that can break: a TCP proxy on the loopback address, to one server. */
final class Link implements Closeable {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final int BUFFER = 16 * 1024;

    /** What the link does with the bytes that come. */
    enum State {
        OPEN,
        /** Connections are reset, and new ones too. */
        CUT,
        /** Nothing gets through and nothing is lost: when it heals, the connections go on. */
        SILENT,
        /** Requests get through, answers do not: nobody learns what has been done. When it heals, the connections are reset. */
        HALF_OPEN,
        /** Every piece takes its time. */
        SLOW
    }

    private final String name;
    private final ServerSocket server;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final Object changed = new Object();
    private volatile int target;
    private volatile State state = State.OPEN;
    private volatile Duration delay = Duration.ZERO;

    Link(String name) {
        this.name = name;
        try {
            server = new ServerSocket();
            server.bind(new InetSocketAddress(LOOPBACK, 0), 200);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        daemon("accept", this::accept);
    }

    /** Where clients connect; the same for ever. */
    int port() {
        return server.getLocalPort();
    }

    /** Says where the server is. Until then connections are reset. */
    Link to(int port) {
        target = port;
        return this;
    }

    void slow(Duration each) {
        delay = each;
        become(State.SLOW);
    }

    void become(State next) {
        State before = state;
        synchronized (changed) {
            state = next;
            changed.notifyAll();
        }
        if (next == State.CUT || before == State.HALF_OPEN) {
            connections.forEach(Connection::reset);
        }
    }

    void heal() {
        become(State.OPEN);
    }

    @Override
    public void close() {
        become(State.CUT);
        closeQuietly(server);
    }

    @Override
    public String toString() {
        return name;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                // not here: while the link is silent, opening one connection must not keep the next from being accepted
                daemon("connect", () -> connect(client));
            } catch (IOException e) {
                // closed, or the client has gone already
            }
        }
    }

    private void connect(Socket client) {
        try {
            awaitPassage(false);
            if (state == State.CUT) {
                throw new IOException("cut");
            }
            Connection connection = new Connection(client, new Socket(LOOPBACK, target));
            connections.add(connection);
            daemon("requests", () -> connection.pump(connection.client, connection.server, false));
            daemon("answers", () -> connection.pump(connection.server, connection.client, true));
        } catch (IOException e) {
            reset(client);
        }
    }

    private void awaitPassage(boolean answer) {
        boolean interrupted = false;
        synchronized (changed) {
            while (state == State.SILENT || (answer && state == State.HALF_OPEN)) {
                try {
                    changed.wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (state == State.SLOW) {
            LockSupport.parkNanos(delay.toNanos());
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** One client and the server's end of it. */
    private final class Connection {

        private final Socket client;
        private final Socket server;

        private Connection(Socket client, Socket server) throws IOException {
            this.client = client;
            this.server = server;
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        }

        private void pump(Socket from, Socket to, boolean answers) {
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                byte[] buffer = new byte[BUFFER];
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    awaitPassage(answers);
                    out.write(buffer, 0, read);
                }
                to.shutdownOutput();
            } catch (IOException e) {
                reset();
            } finally {
                if (from.isClosed() || to.isClosed() || (client.isOutputShutdown() && server.isOutputShutdown())) {
                    connections.remove(this);
                    closeQuietly(client);
                    closeQuietly(server);
                }
            }
        }

        private void reset() {
            connections.remove(this);
            Link.reset(client);
            Link.reset(server);
        }
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // closed already
        }
        closeQuietly(socket);
    }

    private static void closeQuietly(Closeable closeable) {
        try {
            closeable.close();
        } catch (IOException e) {
            // nothing is left to be closed
        }
    }

    private void daemon(String role, Runnable task) {
        Thread thread = new Thread(task, name + " " + role);
        thread.setDaemon(true);
        thread.start();
    }
}
