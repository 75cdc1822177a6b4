package io.reliablemessaging.wire;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Decides which of the host's settings reach one of our Kafka clients: those that are listed, and no others. A property that a
 * future Kafka adds is left out until it is listed.
 *
 * <p>A name that Kafka's client does not know can only be meant for a class that it loads: a metrics reporter, a login handler, an
 * SSL engine. Those classes are the host's, so they get it.
 */
public final class HostSettings {

    /** Settings that every client gets: how to find the cluster, how to log in, and how long to wait for it. */
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

    /** Beginnings of names that every client gets. */
    public static final Set<String> CONNECTION_PREFIXES =
            Set.of("ssl.", "sasl.", "security.", "metrics.", "reconnect.", "retry.backoff.", "socket.");

    private final Set<String> allowed;
    private final Set<String> known;

    /**
     * Lists what is allowed.
     *
     * @param allowed names that this client gets, besides those of the connection
     * @param known all names that Kafka knows for this client
     */
    public HostSettings(Set<String> allowed, Set<String> known) {
        this.allowed = Set.copyOf(allowed);
        this.known = Set.copyOf(known);
    }

    /** Returns the names that this client gets, besides those of the connection. */
    public Set<String> names() {
        return allowed;
    }

    /** Tells whether a setting reaches the client. */
    public boolean allows(String name) {
        return isListed(name) || !known.contains(name);
    }

    /** Tells whether a name is listed: for the test that demands a decision on each name that Kafka knows. */
    public boolean isListed(String name) {
        return allowed.contains(name)
                || CONNECTION.contains(name)
                || CONNECTION_PREFIXES.stream().anyMatch(name::startsWith);
    }

    /** Returns a new map with the settings that reach the client. */
    public Map<String, Object> allowed(Map<String, Object> host) {
        Map<String, Object> config = new HashMap<>(host);
        config.keySet().removeIf(name -> !allows(name));
        return config;
    }

    /**
     * Lists the settings that the host has chosen but the client does not get, in order.
     *
     * @param host the host's settings
     * @param unset their values if the host chooses nothing
     * @param ours values that the client gets whatever the host chooses
     * @param usedElsewhere names that take effect at another place
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
