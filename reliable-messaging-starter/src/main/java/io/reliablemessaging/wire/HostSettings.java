package io.reliablemessaging.wire;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Decides which of the host's settings reach a Kafka client of ours: those that are listed, and no others. A property that
 * Kafka adds one day is left out until somebody has listed it.
 *
 * <p>A name that Kafka's client does not know can only be meant for what it loads: a metrics reporter, a login handler, an SSL
 * engine. Those are the host's, so they get it.
 */
public final class HostSettings {

    /** Where the cluster is, how to get in, and how long to wait for it: what every client may be told. */
    public static final Set<String> CONNECTION = Set.of(
            "bootstrap.servers",
            "client.id",
            "client.dns.lookup",
            "config.providers",
            "metric.reporters",
            "enable.metrics.push",
            "metadata.max.age.ms",
            "metadata.recovery.strategy",
            "metadata.recovery.rebootstrap.trigger.ms",
            "request.timeout.ms",
            "connections.max.idle.ms",
            "receive.buffer.bytes",
            "send.buffer.bytes");

    /** Beginnings of names that every client may be told, whatever follows. */
    public static final Set<String> CONNECTION_PREFIXES =
            Set.of("ssl.", "sasl.", "security.", "metrics.", "reconnect.", "retry.backoff.", "socket.");

    private final Set<String> allowed;
    private final Set<String> known;

    /**
     * Lists what is allowed.
     *
     * @param allowed names that this client may be told, besides those of the connection
     * @param known all names that Kafka knows for this client
     */
    public HostSettings(Set<String> allowed, Set<String> known) {
        this.allowed = Set.copyOf(allowed);
        this.known = Set.copyOf(known);
    }

    /** Names that this client may be told, besides those of the connection. */
    public Set<String> names() {
        return allowed;
    }

    /** Whether a setting reaches the client. */
    public boolean allows(String name) {
        return isListed(name) || !known.contains(name);
    }

    /** Whether somebody has listed it: for the test that asks for a decision on each name that Kafka knows. */
    public boolean isListed(String name) {
        return allowed.contains(name)
                || CONNECTION.contains(name)
                || CONNECTION_PREFIXES.stream().anyMatch(name::startsWith);
    }

    /** A new map of those settings that reach the client. */
    public Map<String, Object> allowed(Map<String, Object> host) {
        Map<String, Object> config = new HashMap<>(host);
        config.keySet().removeIf(name -> !allows(name));
        return config;
    }

    /**
     * Names of the settings that the host has chosen and the client does not get, in order.
     *
     * @param host the host's settings
     * @param unset what they are if the host chooses nothing
     * @param ours what the client is told whatever the host chooses
     * @param usedElsewhere names that do their work in another place
     */
    public Set<String> leftOut(
            Map<String, Object> host, Map<String, Object> unset, Map<String, Object> ours, Set<String> usedElsewhere) {
        Set<String> names = new TreeSet<>();
        host.forEach((name, value) -> {
            if (!allows(name)
                    && !usedElsewhere.contains(name)
                    && !isSame(value, ours.get(name))
                    && !isSame(value, unset.get(name))) {
                names.add(name);
            }
        });
        return names;
    }

    private static boolean isSame(@Nullable Object host, @Nullable Object other) {
        return other != null && Objects.toString(host).equals(other.toString());
    }
}
