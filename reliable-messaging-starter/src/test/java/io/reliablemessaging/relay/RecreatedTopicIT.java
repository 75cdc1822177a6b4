package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** A topic that is deleted and made again while the relay sends to it. */
class RecreatedTopicIT {

    private static final int KEYS = 40;

    private final String bootstrapServers = SharedServers.kafka().bootstrapServers();
    private final String name = "recreated-" + UUID.randomUUID();

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {}

    /** The producer has chosen partitions that are no more, and would wait for them for ever. */
    @Test
    void messagesForPartitionsThatAreGoneAreSentToThoseThatThereAre() throws Exception {
        KafkaTopic topic = KafkaTopic.create(bootstrapServers, name, 8);
        try (ConfigurableApplicationContext host = HostApplication.onSharedServers(Host.class)
                        .with("reliable-messaging.relay.lease=1s")
                        .run();
                Admin admin = KafkaTopic.admin(bootstrapServers)) {
            publish(host, "before");
            await().atMost(Duration.ofMinutes(1)).until(() -> waiting(host) == 0);
            admin.deleteTopics(List.of(name)).all().get();
            await().until(() -> !admin.listTopics().names().get().contains(name));
            KafkaTopic.create(bootstrapServers, name, 1);
            publish(host, "after");
            await().atMost(Duration.ofMinutes(2)).until(() -> waiting(host) == 0);
            assertThat(topic.values())
                    .containsAll(IntStream.range(0, KEYS)
                            .mapToObj(key -> "after " + key)
                            .toList());
        }
    }

    private static int waiting(ConfigurableApplicationContext host) {
        return host.getBean(JdbcTemplate.class)
                .queryForObject("select count(*) from reliable_messaging.outbox_message", Integer.class);
    }

    private void publish(ConfigurableApplicationContext host, String text) {
        MessagePublisher publisher = host.getBean(MessagePublisher.class);
        host.getBean(TransactionTemplate.class)
                .executeWithoutResult(status ->
                        IntStream.range(0, KEYS).forEach(key -> publisher.publish(name, "k" + key, text + " " + key)));
    }
}
