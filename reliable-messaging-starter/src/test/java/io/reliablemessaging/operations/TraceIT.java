package io.reliablemessaging.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessageTrace;
import io.reliablemessaging.MessageTrace.Handling;
import io.reliablemessaging.MessageTrace.Handling.State;
import io.reliablemessaging.MessageTrace.Sending.Stage;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.SharedServers;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.transaction.support.TransactionTemplate;

/** Where a message is, by default: nothing is written down of what was sent, and Kafka itself is asked. */
class TraceIT {

    private static final String TOPIC = "trace-" + UUID.randomUUID();

    private static ConfigurableApplicationContext publisher;
    private static ConfigurableApplicationContext listener;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Publisher {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Listener {

        @Bean
        Handlers handlers() {
            return new Handlers();
        }
    }

    static class Handlers {

        final AtomicBoolean fixed = new AtomicBoolean();

        @ReliableListener(id = "billing", topics = "${test.topic}", groupId = "billing")
        void bill(IncomingMessage<String> message) {
            if (message.payload().equals("dead") && !fixed.get()) {
                throw new UnrecoverableMessageException("no such country");
            }
        }
    }

    @BeforeAll
    static void start() {
        publisher = host(Publisher.class, "publisher");
        listener = host(Listener.class, "listener");
    }

    private static ConfigurableApplicationContext host(Class<?> source, String name) {
        return HostApplication.onSharedServers(source)
                .with(
                        "spring.application.name=" + name,
                        "test.topic=" + TOPIC,
                        "reliable-messaging.topics." + TOPIC + ".partitions=3")
                .run();
    }

    @AfterAll
    static void stop() {
        listener.close();
        publisher.close();
    }

    @Test
    void whoPublishedItIsToldWhereItWasSent() {
        MessageId id = publish("fine");
        awaitSent();
        MessageTrace trace = trace(publisher, id);
        assertThat(trace.sending()).singleElement().satisfies(sent -> {
            assertThat(sent.stage()).isEqualTo(Stage.SENT);
            assertThat(sent.topic()).isEqualTo(TOPIC);
            assertThat(sent.partition()).isNotNull();
            assertThat(sent.offset()).isNotNull();
            assertThat(sent.since()).isNotNull();
        });
        assertThat(trace.answer()).startsWith("sent to " + TOPIC + ", partition ");
    }

    @Test
    void whoWillHandleItIsToldThatItWaitsOnKafka() {
        KafkaListenerEndpointRegistry containers = listener.getBean(KafkaListenerEndpointRegistry.class);
        containers.getListenerContainer("billing").stop();
        MessageId id = publish("fine");
        awaitSent();
        MessageTrace trace = trace(listener, id);
        assertThat(trace.sending()).extracting(MessageTrace.Sending::stage).containsExactly(Stage.SENT);
        assertThat(trace.handling()).extracting(Handling::state).containsExactly(State.AWAITED);
        containers.getListenerContainer("billing").start();
        await().until(() -> states(trace(listener, id)).equals(List.of(State.DONE)));
    }

    @Test
    void whatWasRolledBackIsNotOnKafka() {
        AtomicReference<MessageId> id = new AtomicReference<>();
        publisher.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            id.set(publisher
                    .getBean(MessagePublisher.class)
                    .publish(OutgoingMessage.to(TOPIC).payload("never").build()));
            status.setRollbackOnly();
        });
        MessageTrace trace = trace(publisher, id.get());
        assertThat(trace.sending()).isEmpty();
        assertThat(trace.answer()).startsWith("Not known here").contains("Its transaction has not committed");
    }

    @Test
    void whatItsTopicHasRemovedIsNotSaidToBeLost() throws Exception {
        MessageId id = publish("fine");
        awaitSent();
        MessageTrace.Sending sent = trace(publisher, id).sending().get(0);
        TopicPartition place = new TopicPartition(sent.topic(), sent.partition());
        await().until(() -> states(trace(listener, id)).equals(List.of(State.DONE)));
        try (Admin admin = Admin.create(Map.<String, Object>of(
                "bootstrap.servers", SharedServers.kafka().bootstrapServers()))) {
            admin.deleteRecords(Map.of(place, RecordsToDelete.beforeOffset(sent.offset() + 1)))
                    .all()
                    .get();
        }
        assertThat(trace(publisher, id).answer()).contains("or its topic has removed it");
    }

    @Test
    void anIdWithoutATimeIsNotSearchedFor() {
        MessageTrace trace = trace(publisher, new MessageId(UUID.randomUUID()));
        assertThat(trace.answer())
                .isEqualTo("Nothing of it waits here: if its transaction has committed, it was sent. Kafka could not be"
                        + " searched for it: its id carries no time to search from");
    }

    @Test
    void whenKafkaIsAwayItIsSaidWhatIsKnownWithoutIt() {
        try (ConfigurableApplicationContext alone = HostApplication.onSharedServers(Publisher.class)
                .with("spring.kafka.bootstrap-servers=127.0.0.1:1", "reliable-messaging.relay.enabled=false")
                .run()) {
            MessageTrace trace = trace(alone, MessageId.at(Instant.now()));
            assertThat(trace.answer())
                    .startsWith(
                            "Nothing of it waits here: if its transaction has committed, it was sent. Kafka could not be"
                                    + " searched for it: ");
        }
    }

    @Test
    void aTopicThatCannotBeSeenWasNotSearched() {
        try (ConfigurableApplicationContext blind = HostApplication.onSharedServers(Publisher.class)
                .with(
                        "reliable-messaging.topics.ghost.partitions=1",
                        "reliable-messaging.topics.provision=false",
                        "reliable-messaging.relay.enabled=false")
                .run()) {
            assertThat(trace(blind, MessageId.at(Instant.now())).answer())
                    .isEqualTo(
                            "Nothing of it waits here: if its transaction has committed, it was sent. Kafka could not be"
                                    + " searched for it: topics [ghost] do not exist, or this application may not see them");
        }
    }

    @Test
    void aRedrivenMessageThatIsDoneHadFailed() {
        Handlers handlers = listener.getBean(Handlers.class);
        DeadLetters letters = listener.getBean(DeadLetters.class);
        MessageId id = publish("dead");
        DeadLetter dead = await().until(
                        () -> letters.find(DeadLetterQuery.dead()).stream()
                                .filter(letter -> letter.messageId().equals(id))
                                .findFirst()
                                .orElse(null),
                        found -> found != null);
        handlers.fixed.set(true);
        letters.redrive(dead.id(), "anna");
        MessageTrace trace =
                await().until(() -> trace(listener, id), found -> states(found).equals(List.of(State.DONE)));
        assertThat(trace.handling().get(0).actions()).singleElement().satisfies(action -> {
            assertThat(action.who()).isEqualTo("anna");
            assertThat(action.action()).isEqualTo("redrive dead letter");
            assertThat(action.reason())
                    .isEqualTo("failed 1 time, last with " + UnrecoverableMessageException.class.getName());
        });
        assertThat(trace.answer())
                .contains("done in billing (%s), after 'redrive dead letter' by anna".formatted(TOPIC));
    }

    private static MessageId publish(String payload) {
        return publisher
                .getBean(TransactionTemplate.class)
                .execute(status -> publisher
                        .getBean(MessagePublisher.class)
                        .publish(OutgoingMessage.to(TOPIC)
                                .key("k")
                                .payload(payload)
                                .build()));
    }

    private static void awaitSent() {
        await().until(
                        () -> publisher
                                .getBean(JdbcTemplate.class)
                                .queryForObject("select count(*) from reliable_messaging.outbox_message", Long.class),
                        Long.valueOf(0)::equals);
    }

    private static MessageTrace trace(ConfigurableApplicationContext application, MessageId id) {
        return application.getBean(MessagingOperations.class).trace(id);
    }

    private static List<State> states(MessageTrace trace) {
        return trace.handling().stream().map(Handling::state).toList();
    }
}
