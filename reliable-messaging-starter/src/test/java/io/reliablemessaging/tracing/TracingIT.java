package io.reliablemessaging.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.ReceiverContext;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessageSender;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.SharedServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.transaction.support.TransactionTemplate;

/** One trace, from a request in one application to the last attempt of a handler in another. */
class TracingIT {

    private static final String ORDERS = "orders-" + UUID.randomUUID();
    private static final String RECEIPTS = "receipts-" + UUID.randomUUID();
    private static final String REQUEST = "00f067aa0ba902b7";
    private static final AttributeKey<String> ATTEMPT = AttributeKey.stringKey("reliable.messaging.attempt");

    private static ConfigurableApplicationContext shop;
    private static ConfigurableApplicationContext billing;

    /** Takes orders by HTTP, and publishes them. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(SpanMemory.class)
    static class Shop {

        @Bean(destroyMethod = "close")
        Server server(ObservationRegistry registry, TransactionTemplate transaction, MessagePublisher publisher)
                throws IOException {
            return new Server(
                    registry,
                    order -> transaction.executeWithoutResult(status -> publisher.publish(ORDERS, order, order)));
        }
    }

    /** An HTTP server that is observed as Spring's own are. */
    static final class Server implements AutoCloseable {

        private final HttpServer http;

        Server(ObservationRegistry registry, Consumer<String> orders) throws IOException {
            http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            http.createContext("/orders", exchange -> {
                ReceiverContext<HttpExchange> context = new ReceiverContext<>(
                        (request, name) -> Objects.requireNonNull(request)
                                .getRequestHeaders()
                                .getFirst(name),
                        Kind.SERVER);
                context.setCarrier(exchange);
                String order = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                Observation.createNotStarted("http.server.requests", () -> context, registry)
                        .contextualName("http post /orders")
                        .observe(() -> orders.accept(order));
                exchange.sendResponseHeaders(204, -1);
                exchange.close();
            });
            http.start();
        }

        URI uri() {
            return URI.create(
                    "http://127.0.0.1:%d/orders".formatted(http.getAddress().getPort()));
        }

        @Override
        public void close() {
            http.stop(0);
        }
    }

    /** Handles orders, if it can, and publishes receipts. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(SpanMemory.class)
    static class Billing {

        @Bean
        Payments payments(MessagePublisher publisher) {
            return new Payments(publisher);
        }
    }

    static class Payments {

        final List<String> received = new CopyOnWriteArrayList<>();
        volatile boolean broke = true;
        private final MessagePublisher publisher;

        Payments(MessagePublisher publisher) {
            this.publisher = publisher;
        }

        @ReliableListener(id = "bill", topics = "${orders}", groupId = "billing")
        void bill(String order) {
            if (broke) {
                throw new IllegalStateException("no money");
            }
            publisher.publish(RECEIPTS, order, "receipt for " + order);
        }

        @ReliableListener(id = "file", topics = "${receipts}", groupId = "filing")
        void file(IncomingMessage<String> receipt) {
            received.add(receipt.payload());
        }
    }

    /** Observes, and fails at it. */
    @Configuration(proxyBeanMethods = false)
    static class Broken {

        @Bean
        ObservationHandler<?> broken() {
            return new ObservationHandler<>() {
                @Override
                public void onStart(Observation.Context context) {
                    if (context.getName().endsWith("publish")) {
                        throw new IllegalStateException("start");
                    }
                }

                @Override
                public void onScopeOpened(Observation.Context context) {
                    throw new IllegalStateException("open");
                }

                @Override
                public void onStop(Observation.Context context) {
                    throw new NoClassDefFoundError("stop");
                }

                @Override
                public boolean supportsContext(Observation.Context context) {
                    return true;
                }
            };
        }
    }

    @BeforeAll
    static void start() {
        KafkaTopic.create(SharedServers.kafka().bootstrapServers(), ORDERS, 1);
        KafkaTopic.create(SharedServers.kafka().bootstrapServers(), RECEIPTS, 1);
        shop = HostApplication.onSharedServers(Shop.class)
                .with("spring.application.name=shop")
                .run();
        billing = billing().run();
    }

    private static HostApplication billing() {
        return HostApplication.onSharedServers(Billing.class)
                .with(
                        "spring.application.name=billing",
                        "orders=" + ORDERS,
                        "receipts=" + RECEIPTS,
                        "reliable-messaging.listener.max-attempts=2",
                        "reliable-messaging.listener.backoff.initial-delay=10ms");
    }

    @AfterAll
    static void stop() {
        billing.close();
        shop.close();
    }

    @Test
    void oneTraceLeadsFromTheRequestThroughRetriesAndRedriveToTheHandler() throws Exception {
        String trace = order("first");
        DeadLetters deadLetters = billing.getBean(DeadLetters.class);
        await().until(() -> deadLetters.count(DeadLetterQuery.dead()) == 1);
        Payments payments = billing.getBean(Payments.class);
        payments.broke = false;
        deadLetters.redrive(DeadLetterQuery.dead(), "olive");
        await().until(() -> payments.received.contains("receipt for first"));
        String dead = "send " + ORDERS + ".billing.dlt";
        await().until(() ->
                names(trace).contains("process " + RECEIPTS) && names(trace).contains(dead));

        SpanData request = only(trace, "http post /orders");
        assertThat(request.getParentSpanId()).isEqualTo(REQUEST);
        SpanData published = only(trace, "publish " + ORDERS);
        assertThat(published.getParentSpanId()).isEqualTo(request.getSpanId());
        assertThat(only(trace, "send " + ORDERS).getParentSpanId()).isEqualTo(published.getSpanId());
        List<SpanData> processed = spans(trace, "process " + ORDERS);
        assertThat(processed)
                .extracting(span -> span.getAttributes().get(ATTEMPT))
                .containsExactly("1", "2", "1");
        assertThat(processed)
                .extracting(span -> span.getStatus().getStatusCode())
                .containsExactly(StatusCode.ERROR, StatusCode.ERROR, StatusCode.UNSET);
        assertThat(processed).extracting(SpanData::getParentSpanId).containsOnly(published.getSpanId());
        assertThat(only(trace, dead).getParentSpanId()).isEqualTo(published.getSpanId());

        SpanData receipt = only(trace, "publish " + RECEIPTS);
        assertThat(receipt.getParentSpanId()).isEqualTo(processed.get(2).getSpanId());
        assertThat(only(trace, "process " + RECEIPTS).getParentSpanId()).isEqualTo(receipt.getSpanId());
        assertThat(names(trace)).hasSize(10);
    }

    @Test
    void aMessageThatIsSentDirectlyCarriesItsTraceToo() {
        String topic = "direct-" + UUID.randomUUID();
        KafkaTopic.create(SharedServers.kafka().bootstrapServers(), topic, 1);
        shop.getBean(MessageSender.class)
                .send(OutgoingMessage.to(topic).payload("x").build());
        await().until(() ->
                SpanMemory.spans(shop).stream().anyMatch(span -> span.getName().equals("publish " + topic)));
        SpanData span = SpanMemory.spans(shop).stream()
                .filter(each -> each.getName().equals("publish " + topic))
                .findFirst()
                .orElseThrow();
        assertThat(traceparent(new KafkaTopic(SharedServers.kafka().bootstrapServers(), topic)))
                .startsWith("00-%s-%s-".formatted(span.getTraceId(), span.getSpanId()));
    }

    /** Nothing is observed here: what others have written into the headers still gets through. */
    @Test
    void withoutObservationHeadersTravelUnchanged() {
        KafkaTopic topic = KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "off-" + UUID.randomUUID(), 1);
        String given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        try (ConfigurableApplicationContext off = HostApplication.onSharedServers(Shop.class)
                .with("spring.application.name=off", "management.observations.enable.all=false")
                .run()) {
            publish(
                    off,
                    OutgoingMessage.to(topic.name())
                            .header("traceparent", given)
                            .payload("x")
                            .build());
            topic.awaitValues(1);
            assertThat(traceparent(topic)).isEqualTo(given);
            assertThat(SpanMemory.spans(off)).isEmpty();
        }
    }

    @Test
    void observersThatFailDoNotKeepAMessageFromItsHandler() {
        KafkaTopic receipts = new KafkaTopic(SharedServers.kafka().bootstrapServers(), RECEIPTS);
        String given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        String group = "broken-" + UUID.randomUUID();
        try (ConfigurableApplicationContext broken = HostApplication.onSharedServers(Broken.class)
                .and(Listening.class)
                .with("spring.application.name=broken", "receipts=" + RECEIPTS, "group=" + group)
                .run()) {
            publish(
                    broken,
                    OutgoingMessage.to(RECEIPTS)
                            .header("traceparent", given)
                            .payload("anyway")
                            .build());
            await().until(() -> receipts.values().contains("anyway"));
            await().until(() -> broken.getBean(Filing.class).received.contains("anyway"));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Listening {

        @Bean
        Filing filing() {
            return new Filing();
        }
    }

    static class Filing {

        final List<String> received = new CopyOnWriteArrayList<>();

        @ReliableListener(id = "keep", topics = "${receipts}", groupId = "${group}")
        void keep(String receipt) {
            received.add(receipt);
        }
    }

    private static void publish(ConfigurableApplicationContext application, OutgoingMessage message) {
        application
                .getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> application.getBean(MessagePublisher.class).publish(message));
    }

    /** Sends a request that belongs to a trace of its own, and returns which. */
    private static String order(String order) throws Exception {
        String trace = UUID.randomUUID().toString().replace("-", "");
        HttpRequest request = HttpRequest.newBuilder(shop.getBean(Server.class).uri())
                .header("traceparent", "00-%s-%s-01".formatted(trace, REQUEST))
                .POST(HttpRequest.BodyPublishers.ofString(order))
                .build();
        assertThat(HttpClient.newHttpClient()
                        .send(request, BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(204);
        return trace;
    }

    private static List<SpanData> spans(String trace, String name) {
        return all(trace).stream().filter(span -> span.getName().equals(name)).toList();
    }

    private static SpanData only(String trace, String name) {
        List<SpanData> named = spans(trace, name);
        assertThat(named).as(name).hasSize(1);
        return named.get(0);
    }

    private static List<String> names(String trace) {
        return all(trace).stream().map(SpanData::getName).toList();
    }

    private static List<SpanData> all(String trace) {
        List<SpanData> spans = new ArrayList<>();
        Stream.of(shop, billing).forEach(application -> spans.addAll(SpanMemory.spans(application)));
        return spans.stream().filter(span -> span.getTraceId().equals(trace)).toList();
    }

    private static String traceparent(KafkaTopic topic) {
        ConsumerRecord<byte[], byte[]> record = topic.records().get(0);
        return new String(record.headers().lastHeader("traceparent").value(), StandardCharsets.UTF_8);
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofMinutes(1));
    }
}
