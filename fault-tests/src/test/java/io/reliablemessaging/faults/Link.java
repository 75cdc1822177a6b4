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
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/** A network link that can break: a TCP proxy on the loopback address, to one server. */
final class Link implements Closeable {

    private static final String NOBODY = "";
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final int BUFFER = 16 * 1024;
    private static final int RESETS_IN_A_HUNDRED = 6;

    // of Kafka's requests: size, kind, version and number come before the length of the client's id
    private static final int BEFORE_CLIENT_ID = 12;

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
        SLOW,
        /** Some connections are reset, amid whatever they are at, and so are some new ones. */
        FLICKERING
    }

    private final String name;
    private final ServerSocket server;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final Object changed = new Object();
    private volatile int target;
    private final Map<String, State> states = new ConcurrentHashMap<>();
    private volatile State state = State.OPEN;
    private volatile Duration delay = Duration.ZERO;
    private volatile Random dice = new Random(0);

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

    /** From now on, so many of a hundred requests reset their connection. */
    void flicker(long seed) {
        dice = new Random(seed);
        become(State.FLICKERING);
    }

    /** What is connected now gets no answer any more, and is never told; new connections work. */
    void killSilently() {
        connections.forEach(each -> each.dead = true);
    }

    /** The server learns that those connections are dead, as it would when it asks whether they live. Their clients do not. */
    void resetDead() {
        List<Connection> dead = connections.stream().filter(each -> each.dead).toList();
        connections.removeAll(dead);
        dead.forEach(each -> reset(each.server));
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

    /**
     * The same for one application, by what the {@code client.id} of all its clients begins with; what becomes of the link itself
     * comes first.
     */
    void become(String client, State next) {
        State before;
        synchronized (changed) {
            before = states.put(client, next);
            changed.notifyAll();
        }
        if (next == State.CUT || before == State.HALF_OPEN) {
            connections.stream()
                    .filter(each -> each.clientId.startsWith(client))
                    .forEach(Connection::reset);
        }
    }

    private State stateOf(String client) {
        State whole = state;
        if (whole != State.OPEN) {
            return whole;
        }
        return states.entrySet().stream()
                .filter(each -> client.startsWith(each.getKey()))
                .map(Map.Entry::getValue)
                .findAny()
                .orElse(State.OPEN);
    }

    private static String clientId(byte[] request, int length) {
        int text = BEFORE_CLIENT_ID + Short.BYTES;
        int size = length < text ? 0 : ByteBuffer.wrap(request).getShort(BEFORE_CLIENT_ID);
        return size <= 0 || text + size > length ? NOBODY : new String(request, text, size, StandardCharsets.UTF_8);
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
            awaitPassage(NOBODY, false);
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

    private void awaitPassage(String client, boolean answer) {
        boolean interrupted = false;
        synchronized (changed) {
            while (stateOf(client) == State.SILENT || (answer && stateOf(client) == State.HALF_OPEN)) {
                try {
                    changed.wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (stateOf(client) == State.SLOW) {
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
        private volatile boolean dead;
        private volatile String clientId = NOBODY;

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
                    if (!answers && clientId.equals(NOBODY)) {
                        clientId = clientId(buffer, read);
                    }
                    awaitPassage(clientId, answers);
                    if (stateOf(clientId) == State.CUT) {
                        throw new IOException("cut");
                    }
                    if (!answers && state == State.FLICKERING && dice.nextInt(100) < RESETS_IN_A_HUNDRED) {
                        throw new IOException("reset");
                    }
                    if (!dead) {
                        out.write(buffer, 0, read);
                    }
                }
                if (!dead) {
                    to.shutdownOutput();
                }
            } catch (IOException e) {
                if (!dead) {
                    reset();
                }
            } finally {
                if (dead) {
                    closeQuietly(from); // the other end learns nothing
                } else if (from.isClosed()
                        || to.isClosed()
                        || (client.isOutputShutdown() && server.isOutputShutdown())) {
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
