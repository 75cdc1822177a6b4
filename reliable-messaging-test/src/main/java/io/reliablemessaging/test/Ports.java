package io.reliablemessaging.test;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds free ports on the loopback address that stay free while their server is down. They lie below the range that operating
 * systems use for outgoing connections: in that range, any client could take the port of a killed server before its restart.
 */
final class Ports {

    private static final int FIRST = 15_000;
    private static final int LAST = 31_999;
    private static final int ATTEMPTS = 1_000;

    private Ports() {}

    static List<Integer> free(int count) {
        Set<Integer> ports = new LinkedHashSet<>();
        for (int attempt = 0; attempt < ATTEMPTS && ports.size() < count; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, LAST + 1);
            if (isFree(port)) {
                ports.add(port);
            }
        }
        if (ports.size() < count) {
            throw new IllegalStateException("Fewer than " + count + " free ports between " + FIRST + " and " + LAST
                    + "; stop the programs that use them");
        }
        return List.copyOf(ports);
    }

    /**
     * @param option name of the option that chooses another port
     * @throws IllegalStateException if the port is taken
     */
    static void requireFree(int port, String server, String option) {
        if (answers(port) || !isFree(port)) {
            throw new IllegalStateException("Port " + port + " of localhost is taken, perhaps by another " + server
                    + ". Stop the program that listens there, or choose another port: " + option + "=" + (port + 1));
        }
    }

    /** Tells whether a server answers: one that listens only on another address of the name, such as ::1, would be the one that clients reach. */
    private static boolean answers(int port) {
        try (Socket socket = new Socket("localhost", port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
