package io.reliablemessaging.reachability;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;
import org.jspecify.annotations.Nullable;

/**
 * Asks the cluster for its brokers; any broker may answer. Uses one client that stays open. While no broker answers, the client is
 * made anew from time to time, because the brokers' names may resolve to other addresses by then.
 */
final class ClusterQuestion implements AvailabilityQuestion {

    private static final Duration REQUEST = Duration.ofSeconds(2);
    private static final Duration IN_ALL = Duration.ofSeconds(5);
    private static final int ASKED_WITH_ONE_CLIENT = 5;

    private final Map<String, Object> config;
    private @Nullable Admin admin;
    private int silences;
    private boolean closed;

    ClusterQuestion(Map<String, Object> adminConfig) {
        config = new HashMap<>(adminConfig);
        config.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) REQUEST.toMillis());
        config.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) IN_ALL.toMillis());
    }

    @Override
    public Answer ask() {
        try {
            var unused = client().describeCluster().nodes().get(2 * IN_ALL.toMillis(), TimeUnit.MILLISECONDS);
            silences = 0;
            return new Answer.There();
        } catch (ExecutionException e) {
            return judge(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException | KafkaException e) {
            return judge(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer.Unknown("interrupted");
        }
    }

    private Answer judge(Throwable failure) {
        if (ClusterFailures.suspectCluster(failure) || failure instanceof TimeoutException) {
            if (++silences % ASKED_WITH_ONE_CLIENT == 0) {
                closeClient();
            }
            return new Answer.Silent(failure.toString());
        }
        return failure instanceof ApiException ? new Answer.There() : new Answer.Unknown(failure.toString());
    }

    private synchronized Admin client() {
        if (closed) {
            throw new KafkaException("closed");
        }
        Admin open = admin;
        if (open == null) {
            open = Admin.create(config);
            admin = open;
        }
        return open;
    }

    private synchronized void closeClient() {
        if (admin != null) {
            admin.close(Duration.ZERO);
            admin = null;
        }
    }

    @Override
    public boolean meansSilence() {
        return false; // the request has a timeout of its own
    }

    @Override
    public String where() {
        return "no broker answers at " + servers();
    }

    private String servers() {
        Object servers = config.get(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG);
        return servers instanceof Collection<?> several
                ? several.stream().map(String::valueOf).collect(Collectors.joining(", "))
                : String.valueOf(servers);
    }

    @Override
    public synchronized void close() {
        closed = true;
        closeClient();
    }
}
