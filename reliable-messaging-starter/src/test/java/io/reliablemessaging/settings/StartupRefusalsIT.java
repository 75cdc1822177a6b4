package io.reliablemessaging.settings;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.KafkaCluster;
import io.reliablemessaging.test.SharedServers;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.transaction.annotation.Transactional;

/** What a person reads whose servers or wiring do not let the application start: what, which, and what to do now. */
@ExtendWith(OutputCaptureExtension.class)
class StartupRefusalsIT {

    private static final String NO_HOST_FLYWAY = "spring.flyway.enabled=false";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class TokenHost {

        /** May take its password from anywhere, so that nobody else can connect as it does. */
        static class TokenPool extends HikariDataSource {}

        @Bean
        TokenPool dataSource(Environment environment) {
            TokenPool pool = new TokenPool();
            pool.setJdbcUrl(environment.getRequiredProperty("spring.datasource.url"));
            pool.setUsername(environment.getRequiredProperty("spring.datasource.username"));
            pool.setPassword(environment.getRequiredProperty("spring.datasource.password"));
            pool.setMaximumPoolSize(
                    environment.getRequiredProperty("spring.datasource.hikari.maximum-pool-size", Integer.class));
            return pool;
        }
    }

    static class Orders {

        private final MessagePublisher publisher;

        Orders(MessagePublisher publisher) {
            this.publisher = publisher;
        }

        @Transactional
        public void place() {
            publisher.publish("orders", "1", "order");
        }
    }

    static class NamingOrders {

        @Transactional("transactionManager")
        public void place() {}
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(Orders.class)
    static class Placing {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class TwoDatabases {

        @Bean
        DataSource orders() {
            return new PGSimpleDataSource();
        }

        @Bean
        DataSource archive() {
            return new PGSimpleDataSource();
        }
    }

    static class Sharing {

        @ReliableListener(topics = "orders", groupId = "billing", ordering = Ordering.NONE)
        public void on(String order) {}
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aWrongPassword(boolean hostsFlyway, CapturedOutput output) {
        assertThat(HostApplication.onSharedServers(Host.class)
                        .with("spring.flyway.enabled=" + hostsFlyway, "spring.datasource.password=wrong")
                        .refusal(output))
                .contains("PostgreSQL does not let this application in. It says: FATAL: password authentication failed")
                .contains("Set 'spring.datasource.username' and 'spring.datasource.password'")
                .contains("pg_hba.conf")
                .doesNotContain("wrong");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDatabaseThatIsAway(boolean hostsFlyway, CapturedOutput output) {
        assertThat(HostApplication.onSharedServers(Host.class)
                        .with("spring.flyway.enabled=" + hostsFlyway)
                        .with("spring.datasource.url=jdbc:postgresql://127.0.0.1:1/none")
                        .refusal(output))
                .contains("PostgreSQL is away: Connection to 127.0.0.1:1 refused")
                .contains("'spring.datasource.url'")
                .contains("needs its database to start");
    }

    @Test
    void aDatabaseThatDoesNotExist(CapturedOutput output) {
        assertThat(HostApplication.onSharedServers(Host.class)
                        .with(NO_HOST_FLYWAY)
                        .with("spring.datasource.url="
                                + SharedServers.postgres().jdbcUrl("nowhere"))
                        .refusal(output))
                .contains("There is no such database. PostgreSQL says: FATAL: database \"nowhere\" does not exist")
                .contains("Create it, or correct the name");
    }

    @Test
    void aPoolThatCannotServeThoseWhoSend(CapturedOutput output) {
        assertThat(HostApplication.onSharedServers(TokenHost.class)
                        .with(NO_HOST_FLYWAY, "spring.datasource.hikari.maximum-pool-size=2")
                        .refusal(output))
                .contains("The connection pool has at most 2 connections, and an instance that sends needs 3")
                .contains("Set the pool's size to at least 4");
    }

    @Test
    void aPoolWithWhichNoTablesCanBeMade(CapturedOutput output) {
        assertThat(HostApplication.onSharedServers(Host.class)
                        .with(NO_HOST_FLYWAY, "spring.datasource.hikari.maximum-pool-size=1")
                        .refusal(output))
                .contains(
                        "The connection pool has 1 connection at most, and 2 are needed to create and upgrade the tables")
                .contains("Set 'spring.datasource.hikari.maximum-pool-size' to 10");
    }

    @Test
    void aPoolWithoutAFreeConnection(CapturedOutput output) {
        assertThat(HostApplication.onSharedServers(Host.class)
                        .with("spring.datasource.hikari.maximum-pool-size=1") // the host's Flyway needs two
                        .with("spring.datasource.hikari.connection-timeout=500", "reliable-messaging.migrate=false")
                        .refusal(output))
                .contains("No connection of the pool became free while the application was starting")
                .contains("total=1, active=1")
                .contains("Raise 'spring.datasource.hikari.maximum-pool-size'");
    }

    @Test
    void twoDataSourcesWithoutAPrimary(CapturedOutput output) {
        assertThat(HostApplication.onSharedServers(TwoDatabases.class)
                        .with(NO_HOST_FLYWAY)
                        .refusal(output))
                .contains("There are several data sources (orders, archive) and none is primary")
                .contains("Set 'reliable-messaging.data-source' to the bean name")
                .contains("or mark it @Primary");
    }

    @Test
    void transactionsOfKafkaThatMakeTransactionalMethodsFail(CapturedOutput output) {
        String[] prefix = {NO_HOST_FLYWAY, "spring.kafka.producer.transaction-id-prefix=tx-"};
        assertThat(HostApplication.onSharedServers(Placing.class).with(prefix).refusal(output))
                .contains(
                        "'spring.kafka.producer.transaction-id-prefix' makes Spring Boot create a transaction manager for Kafka")
                .contains("(transactionManager, kafkaTransactionManager)")
                .contains("Orders.place is @Transactional and does not name one")
                .contains("Remove the property")
                .contains("@Primary");
        HostApplication.onSharedServers(Host.class)
                .and(NamingOrders.class)
                .with(prefix)
                .run()
                .close();
    }

    @Test
    void aClusterThatRefusesShareGroups(CapturedOutput output) throws Exception {
        try (KafkaCluster kafka = KafkaCluster.start(
                        1,
                        Map.of(
                                "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                                "allow.everyone.if.no.acl.found", "true"));
                Admin admin = KafkaTopic.admin(kafka.bootstrapServers())) {
            KafkaTopic.create(kafka.bootstrapServers(), "orders", 1);
            admin.createAcls(List.of(new AclBinding(
                            new ResourcePattern(ResourceType.GROUP, "billing", PatternType.LITERAL),
                            new AccessControlEntry(
                                    "User:ANONYMOUS", "*", AclOperation.ALTER_CONFIGS, AclPermissionType.DENY))))
                    .all()
                    .get();
            assertThat(HostApplication.onSharedServers(Host.class)
                            .and(Sharing.class)
                            .on(kafka)
                            .with(NO_HOST_FLYWAY)
                            .refusal(output))
                    .contains("Listeners with ordering none read as share group billing")
                    .contains("the cluster refuses to set that")
                    .contains("Share groups need Kafka 4.2 or later")
                    .contains("--entity-type groups --entity-name billing --add-config"
                            + " share.auto.offset.reset=earliest,share.isolation.level=read_committed");
        }
    }
}
