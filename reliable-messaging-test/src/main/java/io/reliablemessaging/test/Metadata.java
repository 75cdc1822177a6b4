package io.reliablemessaging.test;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/** Asks a cluster which brokers clients see. */
final class Metadata {

    private static final int TIMEOUT_MILLISECONDS = 5_000;

    private Metadata() {}

    /** Tells whether clients that ask these servers are told of this node. */
    static boolean lists(String bootstrapServers, int node) {
        Admin admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, TIMEOUT_MILLISECONDS,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, TIMEOUT_MILLISECONDS));
        try {
            return Interruptions.await(() -> lists(admin, node));
        } finally {
            admin.close(Duration.ZERO);
        }
    }

    private static boolean lists(Admin admin, int node) throws InterruptedException {
        try {
            return admin.describeCluster().nodes().get().stream().anyMatch(known -> known.id() == node);
        } catch (ExecutionException e) {
            return false; // not yet; the caller limits the time
        }
    }
}
