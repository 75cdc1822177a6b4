package io.reliablemessaging.test;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.utils.Time;

/** Runs in the child process: formats the data directory if it is new, runs the broker, and reports when it serves clients. */
final class BrokerMain {

    private BrokerMain() {}

    /** Takes three arguments: the properties file, the cluster id, and the file to create once the broker is registered and unfenced. */
    @SuppressWarnings("SystemOut") // our output is the server's log
    public static void main(String[] arguments) throws IOException {
        String properties = arguments[0];
        int failure = StorageTool.execute(
                new String[] {"format", "-t", arguments[1], "-c", properties, "--ignore-formatted"}, System.out);
        if (failure != 0) {
            System.exit(failure);
        }
        KafkaRaftServer server = new KafkaRaftServer(KafkaConfig.fromProps(load(properties)), Time.SYSTEM);
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "broker-shutdown"));
        server.startup();
        Files.createFile(Path.of(arguments[2]));
        server.awaitShutdown();
    }

    private static Properties load(String file) throws IOException {
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            properties.load(in);
        }
        return properties;
    }
}
