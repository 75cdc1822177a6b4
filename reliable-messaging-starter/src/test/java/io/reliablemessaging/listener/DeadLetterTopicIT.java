package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.KafkaCluster;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A dead-letter topic that does not take dead letters: they are dead all the same, and nobody waits for it. */
class DeadLetterTopicIT {

    private static KafkaCluster kafka;

    private ListenerInstances app;

    enum Obstacle {
        MISSING {
            @Override
            void place(Admin admin, String topic) throws Exception {
                admin.deleteTopics(List.of(topic)).all().get();
            }

            @Override
            void remove(Admin admin, String topic, OutboxQuarantine quarantine) {
                KafkaTopic.create(kafka.bootstrapServers(), topic, 1);
            }
        },
        NOT_AUTHORISED {
            @Override
            void place(Admin admin, String topic) throws Exception {
                admin.createAcls(List.of(
                                binding(topic, AclOperation.WRITE, AclPermissionType.DENY),
                                binding(topic, AclOperation.ALL, AclPermissionType.ALLOW)))
                        .all()
                        .get();
            }

            @Override
            void remove(Admin admin, String topic, OutboxQuarantine quarantine) throws Exception {
                admin.deleteAcls(List.of(AclBindingFilter.ANY)).all().get();
            }
        },
        TOO_SMALL {
            @Override
            void place(Admin admin, String topic) throws Exception {
                admin.incrementalAlterConfigs(largest(topic, "500")).all().get();
            }

            @Override
            void remove(Admin admin, String topic, OutboxQuarantine quarantine) throws Exception {
                await().until(() -> quarantine.find().size() == 1);
                admin.incrementalAlterConfigs(largest(topic, "1048588")).all().get();
                quarantine.release(topic, "k", "olive");
            }
        };

        abstract void place(Admin admin, String topic) throws Exception;

        /** Removes it, and has sent again what the relay does not send by itself. */
        abstract void remove(Admin admin, String topic, OutboxQuarantine quarantine) throws Exception;
    }

    @BeforeAll
    static void startKafka() {
        kafka = KafkaCluster.start(
                1,
                Map.of(
                        "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                        "allow.everyone.if.no.acl.found", "true"));
    }

    @AfterAll
    static void stopKafka() {
        kafka.close();
    }

    @BeforeEach
    void start() {
        app = new ListenerInstances(kafka, SharedServers.postgres());
    }

    @AfterEach
    void close() {
        app.close();
    }

    @ParameterizedTest
    @EnumSource
    void aDeadLetterIsKeptAndSentWhenItsTopicTakesIt(Obstacle obstacle) throws Exception {
        String bad = "bad".repeat(1_000);
        app.behaving(message -> {
                    if (message.payload().equals(bad)) {
                        throw new IllegalStateException("broken");
                    }
                })
                .start("reliable-messaging.listener.max-attempts=2", "reliable-messaging.relay.lease=3s");
        KafkaTopic deadLetters = new KafkaTopic(kafka.bootstrapServers(), app.topic + ".tested.dlt");
        try (Admin admin = KafkaTopic.admin(kafka.bootstrapServers())) {
            obstacle.place(admin, deadLetters.name());
            List<String> good = IntStream.range(0, 20).mapToObj(i -> "k" + i).toList();
            app.publish("k", bad);
            await().atMost(Duration.ofMinutes(1)).until(() -> app.parked("DEAD").equals(List.of(bad)));
            good.forEach(value -> app.publish("k", value));
            app.awaitEffects(20);
            assertThat(unsent()).as("its record waits").isOne();

            obstacle.remove(admin, deadLetters.name(), app.running.get(0).getBean(OutboxQuarantine.class));
            await().atMost(Duration.ofMinutes(2)).until(() -> unsent() == 0);
            assertThat(deadLetters.values()).containsExactly(bad);
            assertThat(app.parked("DEAD")).containsExactly(bad);
            assertThat(app.effects()).isEqualTo(good);
            assertThat(app.calls).hasSize(22);
        }
    }

    private int unsent() {
        return app.sql()
                .queryForObject(
                        "select (select count(*) from reliable_messaging.outbox_message)"
                                + " + (select count(*) from reliable_messaging.outbox_quarantine)",
                        Integer.class);
    }

    private static Map<ConfigResource, Collection<AlterConfigOp>> largest(String topic, String bytes) {
        return Map.of(
                new ConfigResource(ConfigResource.Type.TOPIC, topic),
                List.of(new AlterConfigOp(new ConfigEntry("max.message.bytes", bytes), AlterConfigOp.OpType.SET)));
    }

    private static AclBinding binding(String topic, AclOperation operation, AclPermissionType permission) {
        return new AclBinding(
                new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
                new AccessControlEntry("User:ANONYMOUS", "*", operation, permission));
    }
}
