package io.reliablemessaging.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DurabilityAudit;
import io.reliablemessaging.Finding;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.KafkaCluster;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

/** An application that may use the cluster but not look at its settings: that it cannot see is a finding, and nothing fails. */
class AuditRightsIT {

    @Test
    void whatMayNotBeSeenIsFoundUntilItMay() throws Exception {
        try (KafkaCluster kafka = KafkaCluster.start(
                        1,
                        Map.of(
                                "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                                "allow.everyone.if.no.acl.found", "true"));
                Admin admin = KafkaTopic.admin(kafka.bootstrapServers())) {
            admin.createAcls(lookingForbidden()).all().get();
            try (ConfigurableApplicationContext application = HostApplication.onSharedServers(
                            TopicProvisioningIT.Host.class)
                    .withSafePool()
                    .and(TopicProvisioningIT.Listening.class)
                    .on(kafka)
                    .with(
                            "test.topic=orders",
                            "reliable-messaging.topics.orders.partitions=1",
                            "spring.kafka.listener.auto-startup=false")
                    .run()) {
                DurabilityAudit audit = application.getBean(DurabilityAudit.class);
                await().untilAsserted(() -> assertThat(found(audit))
                        .containsExactlyInAnyOrder(
                                "RM-B006 settings of topic orders",
                                "RM-B006 settings of topic orders.audit.dlt",
                                "RM-B006 settings of topic orders.billing.dlt",
                                "RM-B002 brokers of the cluster",
                                "RM-B021 settings of the brokers",
                                "RM-C004 offsets of group billing"));
                admin.deleteAcls(List.of(AclBindingFilter.ANY)).all().get();
                await().untilAsserted(() -> assertThat(found(audit)).containsExactly("RM-B002 brokers of the cluster"));
            }
        }
    }

    private static List<AclBinding> lookingForbidden() {
        return Stream.of(
                        binding(ResourceType.CLUSTER, "kafka-cluster", AclOperation.ALL, AclPermissionType.ALLOW),
                        binding(
                                ResourceType.CLUSTER,
                                "kafka-cluster",
                                AclOperation.DESCRIBE_CONFIGS,
                                AclPermissionType.DENY),
                        binding(ResourceType.TOPIC, "*", AclOperation.ALL, AclPermissionType.ALLOW),
                        binding(ResourceType.TOPIC, "*", AclOperation.DESCRIBE_CONFIGS, AclPermissionType.DENY),
                        binding(ResourceType.GROUP, "audit", AclOperation.ALL, AclPermissionType.ALLOW),
                        binding(ResourceType.GROUP, "billing", AclOperation.DESCRIBE, AclPermissionType.DENY))
                .toList();
    }

    private static AclBinding binding(
            ResourceType type, String name, AclOperation operation, AclPermissionType permission) {
        return new AclBinding(
                new ResourcePattern(type, name, PatternType.LITERAL),
                new AccessControlEntry("User:ANONYMOUS", "*", operation, permission));
    }

    private static List<String> found(DurabilityAudit audit) {
        return audit.look().stream()
                .map((Finding finding) -> finding.code() + " " + finding.where())
                .toList();
    }
}
