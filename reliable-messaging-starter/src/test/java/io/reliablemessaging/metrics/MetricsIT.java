package io.reliablemessaging.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.core.instrument.Tag;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.RetryLaterException;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.annotation.Order;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Every metric, where it comes from: Boot's own registry, a real broker and a real database. */
@SpringBootTest(
        classes = MetricsIT.Host.class,
        properties = {
            "spring.application.name=metrics-test",
            "spring.jpa.open-in-view=false",
            "reliable-messaging.relay.lease=2s",
            "reliable-messaging.topics.payments.partitions=1",
            "reliable-messaging.listener.max-attempts=2",
            "reliable-messaging.listener.backoff.initial-delay=10ms"
        })
@ReliableMessagingTest
class MetricsIT {

    private static final String[] BILLING = {"topic", "payments", "group", "billing", "listener", "bill"};
    private static final String[] PLACE = {"topic", "payments", "group", "billing"};

    private static final Pattern OBSERVATION = Pattern.compile(".*\\.(publish|send|process)(\\.active)?");

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {

        @Bean
        Payments payments() {
            return new Payments();
        }

        @Bean
        @Order(1)
        Thrower thrower() {
            return new Thrower();
        }
    }

    static class Payments {

        final Set<String> failing = ConcurrentHashMap.newKeySet();

        @ReliableListener(id = "bill", topics = "payments", groupId = "billing")
        void bill(String payment) {
            if (payment.equals("later")) {
                throw new RetryLaterException(Duration.ofHours(1));
            }
            if (failing.contains(payment)) {
                throw new IllegalStateException("no money");
            }
        }
    }

    /** An observer of the host's, ahead of ours, that cannot do what it wants to. */
    static class Thrower implements MessagingObserver {

        @Override
        public void published(MessageId id, String topic) {
            throw new IllegalStateException("published");
        }

        @Override
        public void batchSent(int messages) {
            throw new NoClassDefFoundError("batchSent");
        }

        @Override
        public void handled(Delivery delivery) {
            throw new AssertionError("handled");
        }
    }

    @Autowired
    MessagePublisher publisher;

    @Autowired
    DeadLetters deadLetters;

    @Autowired
    TransactionTemplate transaction;

    @Autowired
    JdbcTemplate sql;

    @Autowired
    Payments payments;

    @Autowired
    MeterRegistry registry;

    @Autowired
    TableSampler tableSampler;

    private final String bootstrapServers;

    @Autowired
    MetricsIT(KafkaConnectionDetails kafka) {
        this.bootstrapServers = String.join(",", kafka.getBootstrapServers());
    }

    @Test
    void everyStageIsMeasured() {
        messagesWaitForATopicAndLeaveTogether();
        theBrokerRefusesOne();
        lanesAreLost();
        messagesAreHandledOnceEach();
        aFailingOneHoldsUpItsKeyAndDies();
        aPersonSendsItAgain();
        oneIsPutOffAndAnotherWaitsBehindIt();
        tableSampler.sample();
        assertThat(value(MessagingMetric.INBOX_SIZE)).isPositive();
        assertThat(registered()).isEqualTo(all());
    }

    private void messagesWaitForATopicAndLeaveTogether() {
        String topic = "late-" + UUID.randomUUID();
        publish(topic, "a", "1", "2");
        publish(topic, "b", "3");
        assertThat(value(MessagingMetric.PUBLISHED, "topic", topic)).isEqualTo(3);
        await().until(() -> value(MessagingMetric.RETRIES, "topic", topic) >= 1);
        sql.update("update reliable_messaging.outbox_message set created_at = created_at - interval '1 hour'");
        tableSampler.sample();
        assertThat(value(MessagingMetric.BACKLOG)).isEqualTo(3);
        assertThat(value(MessagingMetric.OLDEST)).isGreaterThanOrEqualTo(3600);
        double batches = value(MessagingMetric.BATCH, Statistic.TOTAL);
        assertThat(value(MessagingMetric.LATENCY, Statistic.COUNT, "topic", topic))
                .isZero();

        KafkaTopic.create(bootstrapServers, topic, 1);
        await().until(() -> value(MessagingMetric.LATENCY, Statistic.COUNT, "topic", topic) == 3);
        assertThat(value(MessagingMetric.LATENCY, Statistic.TOTAL_TIME, "topic", topic))
                .isGreaterThanOrEqualTo(3 * 3600);
        await().until(() -> value(MessagingMetric.BATCH, Statistic.TOTAL) >= batches + 3);
        tableSampler.sample();
        assertThat(value(MessagingMetric.BACKLOG)).isZero();
        assertThat(value(MessagingMetric.OLDEST)).isZero();
    }

    private void theBrokerRefusesOne() {
        String topic = "small-" + UUID.randomUUID();
        KafkaTopic.create(bootstrapServers, topic, 1, Map.of("max.message.bytes", "1500"));
        publish(topic, "k", "x".repeat(2000));
        await().until(() -> value(MessagingMetric.QUARANTINED, "topic", topic) == 1);
        tableSampler.sample();
        assertThat(value(MessagingMetric.QUARANTINE)).isEqualTo(1);
    }

    private void lanesAreLost() {
        await().until(() -> value(MessagingMetric.LANES) == 32);
        double fenced = value(MessagingMetric.FENCED);
        sql.update("update reliable_messaging.relay_lane set owner = gen_random_uuid(), epoch = epoch + 1,"
                + " expires_at = clock_timestamp() + interval '1 hour'");
        await().until(() -> value(MessagingMetric.FENCED) >= fenced + 1);
        await().until(() -> value(MessagingMetric.LANES) == 0);
        sql.update("update reliable_messaging.relay_lane set expires_at = '-infinity'");
        await().until(() -> value(MessagingMetric.LANES) == 32);
    }

    private void messagesAreHandledOnceEach() {
        KafkaTopic topic = new KafkaTopic(bootstrapServers, "payments");
        String id = MessageId.at(Instant.now()).toString();
        String anHourAgo = Long.toString(Instant.now().minusSeconds(3600).toEpochMilli());
        for (int i = 0; i < 3; i++) {
            topic.write(
                    "a", "once".getBytes(StandardCharsets.UTF_8), "rm-message-id", id, "rm-published-at", anHourAgo);
        }
        awaitOutcome("duplicate", 2);
        topic.write("a", "another".getBytes(StandardCharsets.UTF_8), "rm-message-id", id, "rm-published-at", anHourAgo);
        awaitOutcome("duplicate", 3);
        assertThat(value(MessagingMetric.DIFFERENT, BILLING)).isEqualTo(1);
        awaitOutcome("handled", 1);
        assertThat(handler("success")).isEqualTo(1);
        assertThat(value(MessagingMetric.AGE, Statistic.COUNT, BILLING)).isEqualTo(1);
        assertThat(value(MessagingMetric.AGE, Statistic.TOTAL_TIME, BILLING)).isBetween(3600.0, 7200.0);
    }

    private void aFailingOneHoldsUpItsKeyAndDies() {
        payments.failing.add("bad");
        publish("payments", "b", "bad", "behind");
        awaitOutcome("dead", 1);
        awaitOutcome("handled", 2);
        assertThat(outcome("failed")).isEqualTo(1);
        assertThat(handler("failure")).isEqualTo(2);
        tableSampler.sample();
        assertThat(value(MessagingMetric.DEAD, PLACE)).isEqualTo(1);
    }

    private void aPersonSendsItAgain() {
        payments.failing.clear();
        assertThat(deadLetters.redrive(DeadLetterQuery.dead(), "olive")).isEqualTo(1);
        assertThat(value(MessagingMetric.REDRIVEN)).isEqualTo(1);
        awaitOutcome("handled", 3);
        tableSampler.sample();
        assertThat(value(MessagingMetric.DEAD, PLACE)).isZero();
    }

    private void oneIsPutOffAndAnotherWaitsBehindIt() {
        double failed = outcome("failed");
        publish("payments", "c", "later", "behind");
        awaitOutcome("waiting", outcome("waiting") + 1);
        assertThat(outcome("failed")).isEqualTo(failed + 1);
        tableSampler.sample();
        assertThat(value(MessagingMetric.PARKED, PLACE)).isEqualTo(2);
    }

    private void publish(String topic, String key, String... values) {
        transaction.executeWithoutResult(
                status -> Stream.of(values).forEach(value -> publisher.publish(topic, key, value)));
    }

    private void awaitOutcome(String outcome, double count) {
        await().untilAsserted(() -> assertThat(outcome(outcome)).as(outcome).isEqualTo(count));
    }

    private double outcome(String outcome) {
        return value(MessagingMetric.DELIVERIES, "topic", "payments", "outcome", outcome);
    }

    private double handler(String outcome) {
        return value(MessagingMetric.HANDLER, Statistic.COUNT, "topic", "payments", "outcome", outcome);
    }

    private double value(MessagingMetric metric, String... tags) {
        Meter meter = find(metric, tags);
        return meter == null ? 0 : meter.measure().iterator().next().getValue();
    }

    private double value(MessagingMetric metric, Statistic statistic, String... tags) {
        Meter meter = find(metric, tags);
        double value = 0;
        if (meter != null) {
            for (var measurement : meter.measure()) {
                value += measurement.getStatistic() == statistic ? measurement.getValue() : 0;
            }
        }
        return value;
    }

    private @Nullable Meter find(MessagingMetric metric, String... tags) {
        return registry.find(metric.id()).tags(tags).meter();
    }

    /** Name, type and tags of all our meters; observations, which are metered as such, are not among them. */
    private Set<String> registered() {
        return registry.getMeters().stream()
                .map(Meter::getId)
                .filter(id -> id.getName().startsWith(MessagingMetric.PREFIX))
                .filter(id -> !OBSERVATION.matcher(id.getName()).matches())
                .map(id -> described(
                        id.getName(), id.getType(), id.getTags().stream().map(Tag::getKey)))
                .collect(Collectors.toSet());
    }

    private static Set<String> all() {
        return Stream.of(MessagingMetric.values())
                .map(metric -> described(metric.id(), metric.type(), metric.tags().stream()))
                .collect(Collectors.toSet());
    }

    private static String described(String name, Meter.Type type, Stream<String> tags) {
        return "%s, %s, tags %s".formatted(name, type, tags.sorted().toList());
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofMinutes(1));
    }
}
