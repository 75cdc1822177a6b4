package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.support.Certificates;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.KafkaCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The broker and the application get certificates of another authority while the application runs. It trusts only that one then,
 * and so does the broker, so whatever goes on uses the new ones.
 */
@Tag("long") // KafkaConnectionTests has the part that decides
class ReloadedCertificatesIT {

    private static final Duration LIMIT = Duration.ofSeconds(90);

    @TempDir
    static Path directory;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Handlers handlers() {
            return new Handlers();
        }
    }

    static class Handlers {

        final Queue<String> handled = new ConcurrentLinkedQueue<>();

        @ReliableListener(id = "shipping", topics = "orders", groupId = "shipping")
        void ship(String payload) {
            handled.add(payload);
        }
    }

    @Test
    void relaySenderListenersAndAdminUseThemWithoutARestart() {
        Certificates certificates = new Certificates(directory);
        certificates.renew();
        try (KafkaCluster kafka = KafkaCluster.startWithTls(tls(certificates));
                ConfigurableApplicationContext application = application(kafka, certificates)) {
            Handlers handlers = application.getBean(Handlers.class);
            publishAndSend(application, "before");
            await().atMost(LIMIT).until(() -> count(handlers, "before") >= 2);
            SslBundles bundles = application.getBean(SslBundles.class);
            var first = bundles.getBundle("kafka");
            certificates.renew();
            await().atMost(LIMIT).until(() -> bundles.getBundle("kafka") != first);
            kafka.broker(0).restart();
            publishAndSend(application, "after");
            await().atMost(LIMIT).until(() -> count(handlers, "after") >= 2);
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(application
                                    .getBean(MessagingOperations.class)
                                    .troubles())
                            .isEmpty());
            // its admin clients: one that stays open asks whether Kafka answers, and here is a new one
            assertThat(application.getBean(DurabilityAudit.class).look())
                    .noneSatisfy(finding -> assertThat(finding.toString()).contains("SSL"));
        }
    }

    private static void publishAndSend(ConfigurableApplicationContext application, String payload) {
        application
                .getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> application.getBean(MessagePublisher.class).publish("orders", "k", payload));
        OutgoingMessage direct =
                OutgoingMessage.to("orders").key("k").payload(payload).build();
        await().atMost(LIMIT).ignoreExceptions().until(() -> {
            var unused = application.getBean(MessageSender.class).send(direct);
            return true;
        });
    }

    private static long count(Handlers handlers, String payload) {
        return handlers.handled.stream().filter(payload::equals).count();
    }

    private static ConfigurableApplicationContext application(KafkaCluster kafka, Certificates certificates) {
        String bundle = "spring.ssl.bundle.jks.kafka.";
        return HostApplication.onSharedServers(Host.class)
                .with(
                        "spring.kafka.bootstrap-servers=127.0.0.1:"
                                + kafka.broker(0).proxiedPort(),
                        "spring.kafka.security.protocol=SSL",
                        "spring.kafka.ssl.bundle=kafka",
                        "spring.ssl.bundle.watch.file.quiet-period=200ms",
                        bundle + "reload-on-update=true",
                        bundle + "keystore.location=file:" + certificates.client(),
                        bundle + "keystore.password=" + Certificates.PASSWORD,
                        bundle + "keystore.type=PKCS12",
                        bundle + "truststore.location=file:" + certificates.trusted(),
                        bundle + "truststore.password=" + Certificates.PASSWORD,
                        bundle + "truststore.type=PKCS12",
                        "reliable-messaging.topics.orders.partitions=1")
                .run();
    }

    private static Map<String, String> tls(Certificates certificates) {
        String listener = "listener.name.proxied.ssl.";
        return Map.of(
                listener + "client.auth",
                "required",
                listener + "keystore.location",
                certificates.broker().toString(),
                listener + "keystore.password",
                Certificates.PASSWORD,
                listener + "keystore.type",
                "PKCS12",
                listener + "truststore.location",
                certificates.trusted().toString(),
                listener + "truststore.password",
                Certificates.PASSWORD,
                listener + "truststore.type",
                "PKCS12");
    }
}
