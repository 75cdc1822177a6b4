package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.DelayedMessages;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.OutboxReplay;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.transaction.support.TransactionTemplate;

/** A driver that sends parameters as text, without their types, as one does for some connection poolers. */
class SimpleQueryModeIT {

    @Test
    void aMessagesWholeWayWithParametersAsText() {
        try (ListenerInstances app = new ListenerInstances()) {
            String[] simple = {
                "spring.datasource.url=" + app.jdbcUrl() + "?preferQueryMode=simple",
                "reliable-messaging.outbox.retention=1h",
                "reliable-messaging.listener.max-attempts=2"
            };
            app.behaving(message -> {
                        if (message.payload().startsWith("bad")) {
                            throw new IllegalStateException("broken");
                        }
                    })
                    .start(simple);
            app.publish("k", "bad0");
            app.publish("k", "bad1");
            app.publish("l", "bad2");
            app.publish("m", "good");
            await().until(() -> app.parked("DEAD").size() == 3);
            await().until(() -> app.effects().equals(List.of("good")));
            KafkaTopic deadLetters = new KafkaTopic(app.bootstrapServers(), app.topic + ".tested.dlt");
            await().until(() -> deadLetters.values().size() == 3);

            DeadLetters letters = app.running.get(0).getBean(DeadLetters.class);
            assertThat(letters.count(DeadLetterQuery.dead()
                            .key("k")
                            .group("tested")
                            .topic(app.topic)
                            .errorClass("IllegalStateException")
                            .parkedAfter(Instant.EPOCH)))
                    .isEqualTo(2);
            List<DeadLetter> found = letters.find(DeadLetterQuery.dead().key("k"));
            assertThat(letters.get(found.get(0).id()).orElseThrow().failures()).hasSize(2);
            letters.redrive(found.get(0).id(), "olive");
            await().until(() -> callsOf(app, "bad0") == 4 && app.parked("DEAD").size() == 3);
            assertThat(letters.redrive(DeadLetterQuery.dead().key("l"), 100, "olive"))
                    .isOne();
            await().until(() -> callsOf(app, "bad2") == 4 && app.parked("DEAD").size() == 3);
            letters.editAndRedrive(found.get(1).id(), "repaired".getBytes(UTF_8), "olive");
            await().until(() -> app.effects().equals(List.of("good", "repaired")));
            letters.discard(found.get(0).id(), "a test", "olive");
            assertThat(letters.discard(DeadLetterQuery.dead(), "a test", "olive"))
                    .isOne();

            theRestOfTheProduct(app);
            theInboxIsPurged(app, simple);
        }
    }

    private static void theRestOfTheProduct(ListenerInstances app) {
        ConfigurableApplicationContext instance = app.running.get(0);
        instance.getBean(TransactionTemplate.class)
                .executeWithoutResult(status -> instance.getBean(MessagePublisher.class)
                        .publish(OutgoingMessage.to(app.topic)
                                .key("later")
                                .payload("later")
                                .deliverAt(Instant.now().plusMillis(10))
                                .build()));
        await().until(() -> app.effects().contains("later"));
        Instant now = Instant.now();
        assertThat(instance.getBean(OutboxReplay.class)
                        .replay(app.topic, "m", now.minus(Duration.ofHours(1)), now.plus(Duration.ofHours(1)), "olive"))
                .isOne();
        await().until(() -> !app.recorder(0).duplicates.isEmpty());
        MessagingOperations operations = instance.getBean(MessagingOperations.class);
        assertThat(operations
                        .trace(instance.getBean(Recorder.class).published.get(0))
                        .handling())
                .hasSize(1);
        assertThat(operations.snapshot().lanes()).hasSize(32);
        assertThat(operations.troubles()).isEmpty();
        assertThat(operations.pauseListener(ListenerInstances.LISTENER, "simple", "olive"))
                .isTrue();
        assertThat(operations.resumeListener(ListenerInstances.LISTENER, "simple", "olive"))
                .isTrue();
        delayedMessagesAreSentNowAndCancelled(app, instance);
    }

    private static void delayedMessagesAreSentNowAndCancelled(
            ListenerInstances app, ConfigurableApplicationContext instance) {
        DelayedMessages delayed = instance.getBean(DelayedMessages.class);
        instance.getBean(TransactionTemplate.class)
                .executeWithoutResult(status -> List.of("now", "never")
                        .forEach(value -> instance.getBean(MessagePublisher.class)
                                .publish(OutgoingMessage.to(app.topic)
                                        .key(value)
                                        .payload(value)
                                        .deliverAt(Instant.now().plus(Duration.ofDays(1)))
                                        .build())));
        assertThat(delayed.find(null, null, 0, 10)).hasSize(2);
        assertThat(delayed.find(app.topic, null, 0, 10)).hasSize(2);
        delayed.cancel(delayed.find(app.topic, "never", 0, 10).get(0).id(), "simple", "olive");
        delayed.sendNow(delayed.find(app.topic, "now", 0, 10).get(0).id(), "simple", "olive");
        await().until(() -> app.effects().contains("now"));
    }

    private static void theInboxIsPurged(ListenerInstances app, String... simple) {
        app.sql().update("update reliable_messaging.inbox_message set received_at = now() - interval '1 year'");
        app.sql()
                .update("insert into reliable_messaging.partition_checkpoint select consumer_group, topic, topic_id,"
                        + " partition, now() - interval '30 days', 0 from reliable_messaging.partition_progress");
        app.sql().update("update reliable_messaging.inbox_purge set next_at = '-infinity'");
        app.stop(0);
        app.start(simple);
        await().atMost(Duration.ofMinutes(2))
                .until(() ->
                        app.sql().queryForObject("select count(*) from reliable_messaging.inbox_message", Integer.class)
                                == 0);
    }

    private static long callsOf(ListenerInstances app, String value) {
        return app.calls.stream().filter(call -> call.startsWith(value + "#")).count();
    }
}
