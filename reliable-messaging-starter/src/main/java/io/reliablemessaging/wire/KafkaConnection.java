package io.reliablemessaging.wire;

import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.config.SslConfigs;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.boot.kafka.autoconfigure.SslBundleSslEngineFactory;
import org.springframework.boot.ssl.SslBundle;

/**
 * Provides the settings with which this application reaches its Kafka cluster: {@code spring.kafka.*} and the connection details,
 * combined as Boot does it for its own factories. Each client adds what its promise needs.
 */
public final class KafkaConnection {

    private static final long RECONNECT_MILLIS = 2_000;

    private final KafkaProperties properties;
    private final KafkaConnectionDetails details;

    public KafkaConnection(KafkaProperties properties, KafkaConnectionDetails details) {
        this.properties = properties;
        this.details = details;
    }

    /** Returns a new map of the host's producer settings. */
    public Map<String, Object> producer() {
        return connected(properties.buildProducerProperties(), details::getProducer);
    }

    /** Returns a new map of the host's consumer settings. */
    public Map<String, Object> consumer() {
        return connected(properties.buildConsumerProperties(), details::getConsumer);
    }

    /**
     * Returns a new map of the host's settings for our admin clients. While no broker answers, Kafka's own recovery would resolve the
     * brokers' names in every turn of its loop, with a log line each time: hundreds a second. So it is off. A component that keeps a
     * client open closes it when no broker answers, and the next client resolves the names.
     */
    public Map<String, Object> admin() {
        Map<String, Object> config = connected(properties.buildAdminProperties(), details::getAdmin);
        config.put(CommonClientConfigs.METADATA_RECOVERY_STRATEGY_CONFIG, "none");
        config.putIfAbsent(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, RECONNECT_MILLIS);
        return config;
    }

    private static Map<String, Object> connected(
            Map<String, Object> config, Supplier<KafkaConnectionDetails.Configuration> details) {
        KafkaConnectionDetails.Configuration connection = details.get();
        config.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, connection.getBootstrapServers());
        String protocol = connection.getSecurityProtocol();
        if (protocol != null && !protocol.isEmpty()) {
            config.put(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, protocol);
        }
        SslBundle bundle = connection.getSslBundle();
        if (bundle != null) {
            config.put(SslConfigs.SSL_ENGINE_FACTORY_CLASS_CONFIG, SslBundleSslEngineFactory.class);
            config.put(
                    SslBundle.class.getName(),
                    new CurrentSslBundle(bundle, () -> details.get().getSslBundle()));
        }
        return config;
    }
}
