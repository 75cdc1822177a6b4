package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessageNotConfirmedException;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessageSender;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.KafkaCluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** A cluster that refuses the application as a producer: no message is to blame, and all wait until it is allowed. */
class ProducerRefusalIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Unordered {

        @ReliableListener(topics = "orders", groupId = "unordered", ordering = Ordering.NONE)
        void on(String payload) {}
    }

    private static KafkaCluster kafka;
    private static KafkaTopic topic;

    @BeforeAll
    static void clusterThatAsksForRights() {
        kafka = KafkaCluster.start(
                1,
                Map.of(
                        "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                        "allow.everyone.if.no.acl.found", "true"));
        topic = KafkaTopic.create(kafka.bootstrapServers(), "orders", 1);
    }

    @AfterAll
    static void stop() {
        kafka.close();
    }

    @Test
    void nothingIsSentOrQuarantinedUntilTheProducerIsAllowedAgain() {
        forbidProducers();
        try (ConfigurableApplicationContext instance = HostApplication.onSharedServers(Host.class)
                .on(kafka)
                .with("reliable-messaging.topics.orders.partitions=1", "spring.jmx.enabled=false")
                .run()) {
            RelayState relay = instance.getBean(RelayState.class);
            publish(instance, "first");
            await().atMost(Duration.ofMinutes(1))
                    .untilAsserted(() -> assertThat(relay.refusal()).contains("ClusterAuthorizationException"));
            publish(instance, "second");
            assertThat(relay.heldTopics()).isEmpty();
            assertThat(rows(instance, "outbox_message")).isEqualTo(2);
            assertThat(rows(instance, "outbox_quarantine")).isZero();
            allowAll();
            assertThat(await().atMost(Duration.ofMinutes(2)).until(topic::values, values -> values.size() == 2))
                    .containsExactly("first", "second");
            await().until(() -> relay.refusal() == null);
            assertThat(rows(instance, "outbox_quarantine")).isZero();
        }
    }

    @Test
    void aTopicThatMayNotBeWrittenIsSaidToBeNotAuthorised() {
        KafkaTopic secret = KafkaTopic.create(kafka.bootstrapServers(), "secret", 1);
        change(admin -> admin.createAcls(List.of(
                        binding(ResourceType.TOPIC, "secret", AclOperation.ALL, AclPermissionType.ALLOW),
                        binding(ResourceType.TOPIC, "secret", AclOperation.WRITE, AclPermissionType.DENY)))
                .all()
                .get());
        try (ConfigurableApplicationContext instance = HostApplication.onSharedServers(Host.class)
                .on(kafka)
                .with("reliable-messaging.topics.orders.partitions=1", "spring.jmx.enabled=false")
                .run()) {
            MessageSender sender = instance.getBean(MessageSender.class);
            assertThatThrownBy(() -> sender.send(
                            OutgoingMessage.to("secret").payload("x").build()))
                    .isInstanceOf(MessageNotConfirmedException.class)
                    .hasMessageContaining("not authorised: this application may not write to topic secret")
                    .hasMessageNotContaining("Send it again");
            instance.getBean(TransactionTemplate.class)
                    .executeWithoutResult(
                            status -> instance.getBean(MessagePublisher.class).publish("secret", "k", "published"));
            await().atMost(Duration.ofMinutes(1))
                    .untilAsserted(() -> assertThat(
                                    instance.getBean(MessagingOperations.class).troubles())
                            .filteredOn(trouble -> trouble.where().equals("secret"))
                            .singleElement()
                            .satisfies(trouble -> assertThat(trouble.what())
                                    .contains("not authorised: this application may not write to topic secret")));
            allowAll();
            assertThat(secret.awaitValues(1)).containsExactly("published");
        }
    }

    @Test
    void aListenerWithoutAnOrderIsRefusedIfItsGroupCannotBeToldWhereToBegin() {
        change(admin -> admin.createAcls(List.of(
                        binding(ResourceType.GROUP, "unordered", AclOperation.ALL, AclPermissionType.ALLOW),
                        binding(ResourceType.GROUP, "unordered", AclOperation.ALTER_CONFIGS, AclPermissionType.DENY)))
                .all()
                .get());
        HostApplication application = HostApplication.onSharedServers(Unordered.class)
                .on(kafka)
                .with("reliable-messaging.topics.orders.partitions=1", "spring.jmx.enabled=false");
        assertThatThrownBy(() -> application.run().close()).rootCause().isInstanceOf(GroupAuthorizationException.class);
        assertThatThrownBy(() -> application.run().close()).hasStackTraceContaining("share.auto.offset.reset=earliest");
        allowAll();
        application.run().close();
    }

    // everything but to be a producer: that takes the right to write to some topic, or to be one of the cluster
    private static void forbidProducers() {
        List<AclBinding> bindings = Stream.of(
                        binding(ResourceType.CLUSTER, "kafka-cluster", AclOperation.ALL, AclPermissionType.ALLOW),
                        binding(
                                ResourceType.CLUSTER,
                                "kafka-cluster",
                                AclOperation.IDEMPOTENT_WRITE,
                                AclPermissionType.DENY),
                        binding(ResourceType.TOPIC, "*", AclOperation.ALL, AclPermissionType.ALLOW),
                        binding(ResourceType.TOPIC, "*", AclOperation.WRITE, AclPermissionType.DENY))
                .toList();
        change(admin -> admin.createAcls(bindings).all().get());
    }

    private static void allowAll() {
        change(admin -> admin.deleteAcls(List.of(AclBindingFilter.ANY)).all().get());
    }

    private static AclBinding binding(
            ResourceType type, String name, AclOperation operation, AclPermissionType permission) {
        return new AclBinding(
                new ResourcePattern(type, name, PatternType.LITERAL),
                new AccessControlEntry("User:ANONYMOUS", "*", operation, permission));
    }

    private interface Change {
        Object on(Admin admin) throws Exception;
    }

    private static void change(Change change) {
        try (Admin admin = KafkaTopic.admin(kafka.bootstrapServers())) {
            change.on(admin);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void publish(ConfigurableApplicationContext instance, String value) {
        instance.getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> instance.getBean(MessagePublisher.class).publish("orders", "k", value));
    }

    private static int rows(ConfigurableApplicationContext instance, String table) {
        return instance.getBean(JdbcTemplate.class)
                .queryForObject("select count(*) from reliable_messaging." + table, Integer.class);
    }
}
