package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.support.HostApplication;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.support.TransactionTemplate;

/** An application that listens to its own dead-letter topic. */
class DeadLetterListenerIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Listeners listeners() {
            return new Listeners(new CopyOnWriteArrayList<>());
        }
    }

    record Listeners(List<IncomingMessage<String>> deaths) {

        @ReliableListener(id = "tested", topics = "${test.topic}", groupId = "tested")
        void on(String payload) {
            if (!payload.isEmpty()) {
                throw new UnrecoverableMessageException("no such country");
            }
        }

        @ReliableListener(id = "deaths", topics = "${test.topic}.tested.dlt", groupId = "deaths")
        void died(IncomingMessage<String> message) {
            deaths.add(message);
        }
    }

    @Test
    void hearsOfEachDeathOfAMessageAlsoAfterARedrive() {
        String topic = "deaths-" + UUID.randomUUID();
        try (ConfigurableApplicationContext application = HostApplication.onSharedServers(Host.class)
                .with(
                        "spring.datasource.hikari.maximum-pool-size=10",
                        "test.topic=" + topic,
                        "reliable-messaging.topics." + topic + ".partitions=1")
                .run()) {
            List<IncomingMessage<String>> deaths =
                    application.getBean(Listeners.class).deaths();
            MessageId id = application
                    .getBean(TransactionTemplate.class)
                    .execute(status ->
                            application.getBean(MessagePublisher.class).publish(topic, "k", "v"));
            await().until(() -> deaths.size() == 1);
            DeadLetters letters = application.getBean(DeadLetters.class);
            DeadLetter dead = letters.find(DeadLetterQuery.dead()).get(0);
            letters.redrive(dead.id(), "olive");
            await().until(() -> deaths.size() == 2);
            assertThat(deaths).allSatisfy(death -> {
                assertThat(death.headers()).containsEntry("rm-dlt-message-id", id.toString());
                assertThat(death.payload()).isEqualTo("v");
            });
            assertThat(deaths)
                    .extracting(IncomingMessage::id)
                    .doesNotHaveDuplicates()
                    .doesNotContain(id);
        }
    }
}
