package io.reliablemessaging.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A link that is broken for one of Kafka's clients is whole for the others. */
class LinkTests {

    private ServerSocket server;
    private Link link;

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread echo = new Thread(this::echo, "echo");
        echo.setDaemon(true);
        echo.start();
        link = new Link("link").to(server.getLocalPort());
    }

    @AfterEach
    void stop() throws IOException {
        link.close();
        server.close();
    }

    @Test
    void isCutForOneClientAlone() throws IOException {
        try (Socket sick = connect();
                Socket healthy = connect()) {
            assertThat(answer(sick, "sick")).isPositive();
            assertThat(answer(healthy, "healthy")).isPositive();
            link.become("sick", Link.State.CUT);
            assertThatThrownBy(() -> answer(sick, "sick")).isInstanceOf(IOException.class);
            assertThat(answer(healthy, "healthy")).isPositive();
            try (Socket again = connect()) { // nobody knows yet who this is
                assertThatThrownBy(() -> answer(again, "sick")).isInstanceOf(IOException.class);
            }
            link.become("sick", Link.State.OPEN);
            try (Socket again = connect()) {
                assertThat(answer(again, "sick")).isPositive();
            }
        }
    }

    @Test
    void isSilentForOneClientAloneAndLosesNothing() throws IOException {
        try (Socket sick = connect();
                Socket healthy = connect()) {
            assertThat(answer(sick, "sick-suspects")).isPositive();
            link.become("sick", Link.State.SILENT);
            ask(sick, "sick-suspects");
            assertThat(answer(healthy, "healthy")).isPositive();
            assertThat(sick.getInputStream().available()).isZero();
            link.become("sick", Link.State.OPEN);
            assertThat(read(sick)).isPositive();
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), link.port());
        socket.setSoTimeout(30_000);
        return socket;
    }

    private static int answer(Socket socket, String client) throws IOException {
        ask(socket, client);
        return read(socket);
    }

    private static int read(Socket socket) throws IOException {
        int read = socket.getInputStream().read(new byte[100]);
        if (read < 0) {
            throw new IOException("closed");
        }
        return read;
    }

    /** The header of a request as Kafka's clients write it. */
    private static void ask(Socket socket, String client) throws IOException {
        byte[] id = client.getBytes(StandardCharsets.UTF_8);
        DataOutputStream out = new DataOutputStream(new java.io.BufferedOutputStream(socket.getOutputStream()));
        out.writeInt(Short.BYTES * 3 + Integer.BYTES + id.length);
        out.writeShort(18); // which versions are there
        out.writeShort(1);
        out.writeInt(7);
        out.writeShort(id.length);
        out.write(id);
        out.flush();
    }

    private void echo() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                Thread copy = new Thread(() -> copy(client), "copy");
                copy.setDaemon(true);
                copy.start();
            } catch (IOException e) {
                // closed
            }
        }
    }

    private static void copy(Socket client) {
        try (client) {
            client.getInputStream().transferTo(client.getOutputStream());
        } catch (IOException e) {
            // reset
        }
    }
}
