package io.reliablemessaging.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.DurabilityAudit;
import io.reliablemessaging.Finding;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessageTrace;
import io.reliablemessaging.MessageTrace.Handling;
import io.reliablemessaging.MessageTrace.Handling.State;
import io.reliablemessaging.MessageTrace.Sending;
import io.reliablemessaging.MessageTrace.Sending.Stage;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.MessagingSnapshot;
import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.MessagingSnapshot.SetAside;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.Trouble;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.actuate.ReliableMessagingEndpoint;
import io.reliablemessaging.deadletter.ParkedQueues;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.endpoint.jackson.EndpointJsonMapper;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;

/** Messages at every place where one can be, and what people are told of them. */
class OperationsIT {

    private static final String TOPIC = "operations-" + UUID.randomUUID();
    private static final String SMALL = "small-" + UUID.randomUUID();
    private static final String NOWHERE = "nowhere-" + UUID.randomUUID();

    private static ConfigurableApplicationContext application;
    private static MessagingOperations operations;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {

        @Bean
        Recorder recorder() {
            return new Recorder();
        }

        @Bean
        Handlers handlers() {
            return new Handlers();
        }
    }

    static class Handlers {

        @ReliableListener(id = "billing", topics = "${test.topic}", groupId = "billing")
        void bill(String payload) {}

        @ReliableListener(id = "shipping", topics = "${test.topic}", groupId = "shipping")
        void ship(IncomingMessage<String> message) {
            switch (message.payload()) {
                case "dead" -> throw new UnrecoverableMessageException("no such country");
                case "failing" -> throw new IllegalStateException("no stock");
                default -> {}
            }
        }
    }

    @BeforeAll
    static void start() {
        KafkaTopic.create(SharedServers.kafka().bootstrapServers(), SMALL, 1, Map.of("max.message.bytes", "1500"));
        application = HostApplication.onSharedServers(Host.class)
                .with(
                        "management.endpoints.web.exposure.include=reliablemessaging",
                        "spring.datasource.hikari.maximum-pool-size=10",
                        "test.topic=" + TOPIC,
                        "reliable-messaging.topics." + TOPIC + ".partitions=2",
                        "reliable-messaging.outbox.retention=1h",
                        "reliable-messaging.listener.backoff.initial-delay=1h",
                        "reliable-messaging.listener.backoff.max-delay=1h")
                .run();
        operations = application.getBean(MessagingOperations.class);
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @Test
    void aHandledMessageWasSentToItsPlaceAndIsDoneInEachGroup() {
        MessageId id = publish(TOPIC, "k", "fine");
        MessageTrace trace = await().until(
                        () -> operations.trace(id),
                        found -> stages(found).equals(List.of(Stage.SENT))
                                && states(found).equals(List.of(State.DONE, State.DONE)));
        Confirmation confirmed = confirmed(id);
        assertThat(trace.sending()).singleElement().satisfies(sent -> {
            assertThat(sent.topic()).isEqualTo(TOPIC);
            assertThat(sent.partition()).isEqualTo(confirmed.partition());
            assertThat(sent.offset()).isEqualTo(confirmed.offset());
            assertThat(sent.since()).isNotNull();
        });
        assertThat(trace.handling()).extracting(Handling::group).containsExactly("billing", "shipping");
        assertThat(trace.answer())
                .contains("sent to %s, partition %d, offset %d"
                        .formatted(TOPIC, confirmed.partition(), confirmed.offset()))
                .contains("done in billing (%s); done in shipping (%s)".formatted(TOPIC, TOPIC));
    }

    @Test
    void aMessageThatAGroupHasNotReadYetIsAwaitedThere() {
        MessageListenerContainer billing =
                application.getBean(KafkaListenerEndpointRegistry.class).getListenerContainer("billing");
        billing.stop();
        MessageId id = publish(TOPIC, "k", "fine");
        MessageTrace trace = await().until(
                        () -> operations.trace(id), found -> states(found).equals(List.of(State.DONE, State.AWAITED)));
        assertThat(trace.handling().get(1).group()).isEqualTo("billing");
        assertThat(trace.answer()).endsWith("not handled yet in billing (%s), or forgotten since".formatted(TOPIC));
        assertThat(operations.snapshot().listeners())
                .filteredOn(listener -> listener.id().equals("billing"))
                .extracting(Listener::state)
                .containsExactly(Listener.State.STOPPED);
        billing.start();
        await().until(() -> states(operations.trace(id)).equals(List.of(State.DONE, State.DONE)));
    }

    @Test
    void aFailingMessageIsParkedInTheGroupThatFails() {
        MessageId id = publish(TOPIC, "failing", "failing");
        MessageTrace trace = await().until(
                        () -> operations.trace(id), found -> states(found).equals(List.of(State.DONE, State.PARKED)));
        assertThat(trace.handling().get(1)).satisfies(parked -> {
            assertThat(parked.group()).isEqualTo("shipping");
            assertThat(parked.attempts()).isEqualTo(1);
            assertThat(parked.maxAttempts()).isEqualTo(5);
            assertThat(parked.nextAttemptAt()).isAfter(parked.since());
            assertThat(parked.partition()).isEqualTo(confirmed(id).partition());
            assertThat(parked.offset()).isEqualTo(confirmed(id).offset());
            assertThat(parked.error()).isEqualTo("java.lang.IllegalStateException: no stock");
        });
        assertThat(trace.answer()).contains("parked in shipping (%s) after attempt 1 of 5".formatted(TOPIC));
    }

    @Test
    void aDeadMessageNamesItsDeadLetterAndTheRecordOfIt() {
        MessageId id = publish(TOPIC, "dead", "dead");
        MessageTrace trace = await().until(
                        () -> operations.trace(id),
                        found -> states(found).equals(List.of(State.DONE, State.DEAD))
                                && found.sending().size() == 2);
        assertThat(trace.sending())
                .extracting(Sending::topic)
                .containsExactlyInAnyOrder(TOPIC, TOPIC + ".shipping.dlt");
        Long number = trace.handling().get(1).deadLetter();
        assertThat(number).isNotNull();
        assertThat(application
                        .getBean(DeadLetters.class)
                        .get(number)
                        .orElseThrow()
                        .letter()
                        .messageId())
                .isEqualTo(id);
        assertThat(trace.answer())
                .contains("dead letter in shipping (%s) after attempt 1 of 5".formatted(TOPIC), "no such country");
    }

    @Test
    void aRefusedMessageIsInQuarantineWithTheOneBehindIt() {
        MessageId refused = publish(SMALL, "k", "x".repeat(2000));
        MessageTrace trace = await().until(
                        () -> operations.trace(refused), found -> stages(found).equals(List.of(Stage.QUARANTINE)));
        assertThat(trace.sending().get(0).error())
                .startsWith("org.apache.kafka.common.errors.RecordTooLargeException: ");
        MessageId behind = publish(SMALL, "k", "y");
        MessageTrace second = await().until(
                        () -> operations.trace(behind), found -> stages(found).equals(List.of(Stage.QUARANTINE)));
        assertThat(second.sending().get(0).error()).isNull();
        assertThat(second.answer())
                .isEqualTo("in quarantine for %s, behind another message of its key".formatted(SMALL));
    }

    @Test
    void aDelayedMessageSaysWhenItIsDue() {
        Instant due = Instant.now().plus(1, ChronoUnit.HOURS).truncatedTo(ChronoUnit.MILLIS);
        MessageId id = inTransaction(() -> publisher()
                .publish(OutgoingMessage.to(TOPIC)
                        .payload("later")
                        .deliverAt(due)
                        .build()));
        assertThat(operations.trace(id).sending()).singleElement().satisfies(delayed -> {
            assertThat(delayed.stage()).isEqualTo(Stage.DELAYED);
            assertThat(delayed.dueAt()).isEqualTo(due);
        });
    }

    @Test
    void aMessageForAMissingTopicStaysInTheOutboxAndTheTopicIsATrouble() {
        MessageId id = publish(NOWHERE, "k", "v");
        await().atMost(Duration.ofSeconds(60))
                .until(() -> operations.troubles().stream()
                        .anyMatch(trouble -> trouble.kind() == Trouble.Kind.TOPIC_HELD
                                && trouble.where().equals(NOWHERE)));
        assertThat(stages(operations.trace(id))).containsExactly(Stage.OUTBOX);
        assertThat(operations.trace(id).answer()).isEqualTo("in the outbox, to be sent to " + NOWHERE);
        assertThat(operations.snapshot().relay().heldTopics()).containsExactly(NOWHERE);
    }

    @Test
    void ofAMessageThatNobodyHasSeenItSaysWhatThatMayMean() {
        assertThat(operations.trace(MessageId.at(Instant.now())).answer()).startsWith("Not known here");
    }

    @Test
    void theSnapshotCountsWhatIsAtEachPlace() {
        publish(TOPIC, "many-failing", "failing");
        publish(TOPIC, "many-failing", "behind");
        publish(TOPIC, "many-dead", "dead");
        publish(SMALL, "many", "x".repeat(2000));
        publish(NOWHERE, "many", "v");
        inTransaction(() -> publisher()
                .publish(OutgoingMessage.to(TOPIC)
                        .payload("later")
                        .deliverAt(Instant.now().plusSeconds(3600))
                        .build()));
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertCounted(operations.snapshot()));
    }

    private static void assertCounted(MessagingSnapshot now) {
        assertThat(now.setAside()).singleElement().satisfies(OperationsIT::assertCounted);
        assertThat(now.outbox().quarantined()).isPositive();
        assertThat(now.outbox().quarantinedKeys()).isBetween(1L, now.outbox().quarantined());
        assertThat(now.outbox().delayed()).isPositive();
        assertThat(now.outbox().messages()).isPositive();
        assertThat(now.outbox().oldest()).isPositive();
        assertThat(now.lanes()).hasSize(32);
        assertThat(now.lanes()).allMatch(lane -> now.relay().instance().equals(lane.owner()));
        assertThat(now.lanes())
                .anyMatch(lane -> lane.messages() > 0 && !lane.oldest().isZero());
        assertThat(now.relay().running()).isTrue();
        assertThat(now.relay().lanes()).isEqualTo(32);
        assertThat(now.listeners()).extracting(Listener::id).containsExactlyInAnyOrder("billing", "shipping");
        assertThat(now.listeners()).allSatisfy(listener -> {
            assertThat(listener.state()).isEqualTo(Listener.State.RUNNING);
            assertThat(listener.topics()).containsExactly(TOPIC);
            assertThat(listener.partitions()).isEqualTo(2);
            assertThat(listener.lag()).isZero();
        });
        assertThat(now.inbox().bytes()).isPositive();
        assertThat(now.throughput().published()).isGreaterThan(4);
        assertThat(now.throughput().sent()).isGreaterThan(2);
        assertThat(now.throughput().handled()).isGreaterThan(2);
        assertThat(now.throughput().failed()).isPositive();
        assertThat(now.throughput().dead()).isPositive();
    }

    private static void assertCounted(SetAside shipping) {
        assertThat(shipping.group()).isEqualTo("shipping");
        assertThat(shipping.topic()).isEqualTo(TOPIC);
        assertThat(shipping.waiting()).isGreaterThan(1);
        assertThat(shipping.dead()).isPositive();
    }

    @Test
    void parkedMessagesThatNobodyWouldHaveHandledAreATroubleForAWhile() {
        MessageId id = publish(TOPIC, "orphan", "failing");
        await().until(() -> states(operations.trace(id)).equals(List.of(State.DONE, State.PARKED)));
        application
                .getBean(JdbcTemplate.class)
                .update("delete from reliable_messaging.parked_key where queue = md5('orphan'::bytea)::uuid");
        application.getBean(ParkedQueues.class).adoptOrphans("shipping", List.of(TOPIC));
        assertThat(operations.troubles())
                .filteredOn(trouble -> trouble.kind() == Trouble.Kind.PARKED_MESSAGES_ADOPTED)
                .singleElement()
                .satisfies(trouble -> assertThat(trouble.what()).startsWith("1 waited without"));
    }

    @Test
    void theSnapshotTellsWhatTheAuditHasFound() {
        assertThat(operations.snapshot().findings())
                .isEqualTo(application.getBean(DurabilityAudit.class).findings())
                .extracting(Finding::code)
                .contains("RM-B002");
    }

    @Test
    void asJsonItIsReadable() {
        JsonNode json = application
                .getBean(EndpointJsonMapper.class)
                .get()
                .valueToTree(
                        application.getBean(ReliableMessagingEndpoint.class).overview());
        assertThat(json.at("/outbox/oldest").asString()).startsWith("PT");
        assertThat(json.at("/outbox/oldestSeconds").isNumber()).isTrue();
        assertThat(json.at("/tablesAgeSeconds").isNumber()).isTrue();
        assertThat(Instant.parse(json.at("/at").asString())).isNotNull();
        assertThat(UUID.fromString(json.at("/relay/instance").asString())).isNotNull();
    }

    private static List<State> states(MessageTrace trace) {
        return trace.handling().stream().map(Handling::state).toList();
    }

    private static List<Stage> stages(MessageTrace trace) {
        return trace.sending().stream().map(Sending::stage).toList();
    }

    private static Confirmation confirmed(MessageId id) {
        // told to observers after it stands in the table
        return await().until(
                        () -> application.getBean(Recorder.class).sent.stream()
                                .filter(sent ->
                                        sent.id().equals(id) && sent.topic().equals(TOPIC))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    private static MessageId publish(String topic, String key, String value) {
        return inTransaction(() -> publisher().publish(topic, key, value));
    }

    private static MessagePublisher publisher() {
        return application.getBean(MessagePublisher.class);
    }

    private static MessageId inTransaction(Callable<MessageId> work) {
        return application.getBean(TransactionTemplate.class).execute(status -> {
            try {
                return work.call();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }
}
