package io.reliablemessaging.test;

import org.jspecify.annotations.Nullable;

/**
 * Holds the embedded servers that all tests of this JVM share: they start at the first call, and end with the JVM, however it ends. Do not
 * close them; tests that kill or pause a server should start their own. Both methods throw what {@link PostgresServer#start()} and
 * {@link KafkaCluster#start(int)} throw; a later call tries again.
 */
public final class SharedServers {

    private static @Nullable PostgresServer postgres;
    private static @Nullable KafkaCluster kafka;

    private SharedServers() {}

    /** Returns the shared PostgreSQL. Create a database of your own in it. */
    public static synchronized PostgresServer postgres() {
        if (postgres == null) {
            postgres = PostgresServer.start();
        }
        return postgres;
    }

    /** Returns the shared cluster of one broker. Use topic and group names of your own in it. */
    public static synchronized KafkaCluster kafka() {
        if (kafka == null) {
            kafka = KafkaCluster.start(1);
        }
        return kafka;
    }
}
