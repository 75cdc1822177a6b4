package io.reliablemessaging.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.boot.ssl.SslBundle;

/** What Kafka's clients are made with. */
class KafkaConnectionTests {

    private final AtomicReference<SslBundle> named = new AtomicReference<>();

    private final KafkaConnection connection = new KafkaConnection(new KafkaProperties(), new KafkaConnectionDetails() {
        @Override
        public List<String> getBootstrapServers() {
            return List.of("127.0.0.1:1");
        }

        @Override
        public SslBundle getSslBundle() {
            return named.get();
        }
    });

    /** {@code ReloadedCertificatesIT} shows the whole of it, with a broker. */
    @Test
    void clientsThatAreOpenUseABundleThatIsReloaded() throws Exception {
        SSLContext old = SSLContext.getInstance("TLS");
        SSLContext renewed = SSLContext.getInstance("TLS");
        for (Supplier<Map<String, Object>> client :
                List.<Supplier<Map<String, Object>>>of(connection::producer, connection::consumer, connection::admin)) {
            named.set(bundle(old));
            SslBundle given = (SslBundle) client.get().get(SslBundle.class.getName());
            assertThat(given.createSslContext()).isSameAs(old);
            named.set(bundle(renewed));
            assertThat(given.createSslContext()).isSameAs(renewed);
            named.set(null); // no longer named: the last one is better than none
            assertThat(given.createSslContext()).isSameAs(renewed);
        }
    }

    private static SslBundle bundle(SSLContext context) {
        SslBundle bundle = mock(SslBundle.class);
        when(bundle.createSslContext()).thenReturn(context);
        return bundle;
    }
}
