package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.audit.AuditAutoConfiguration;
import io.reliablemessaging.broker.BrokerAutoConfiguration;
import io.reliablemessaging.metrics.ClientMetricsAutoConfiguration;
import io.reliablemessaging.metrics.MetricsAutoConfiguration;
import io.reliablemessaging.payload.PayloadAutoConfiguration;
import io.reliablemessaging.producer.SenderAutoConfiguration;
import io.reliablemessaging.relay.RelayAutoConfiguration;
import io.reliablemessaging.settings.SettingsAutoConfiguration;
import io.reliablemessaging.tracing.TracingAutoConfiguration;
import java.time.Clock;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.core.KafkaTemplate;

/** When our auto-configurations apply, in the order and company in which Boot applies them, and when they step back. */
class AutoConfigurationTests {

    private static final String[] NO_DATABASE = {
        "spring.autoconfigure.exclude=" + DataSourceAutoConfiguration.class.getName()
    };

    /** Only there where listeners would never be called. */
    private static final String REFUSAL = "io.reliablemessaging.listener.UncalledListenersAutoConfiguration";

    private static final String METRICS = "org.springframework.boot.micrometer.metrics.autoconfigure.";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    /** Registers all bean definitions, and makes none of the beans: no server is asked for. */
    private final ApplicationContextRunner wiring = new ApplicationContextRunner(Wiring::new)
            .withUserConfiguration(Host.class)
            .withPropertyValues(
                    "spring.application.name=wiring",
                    "management.endpoints.web.exposure.include=reliablemessaging",
                    "spring.data.jpa.repositories.enabled=false",
                    "spring.datasource.url=jdbc:postgresql://localhost:1/none");

    /** Starts for good; only what needs no server can. */
    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withUserConfiguration(Host.class)
            .withPropertyValues(
                    "spring.application.name=started",
                    "spring.data.jpa.repositories.enabled=false",
                    "spring.kafka.bootstrap-servers=localhost:1");

    private static final class Wiring extends AnnotationConfigApplicationContext {

        @Override
        protected void finishBeanFactoryInitialization(ConfigurableListableBeanFactory beans) {}

        @Override
        protected void finishRefresh() {}
    }

    @Test
    void allAreActiveByDefault() {
        wiring.run(context -> {
            assertThat(active(context)).isEqualTo(all()).hasSizeGreaterThan(8);
            assertThat(ours(context)).doesNotContain(REFUSAL);
            assertThat(context).hasSingleBean(MessagePublisher.class).hasSingleBean(MessageSender.class);
        });
    }

    @Test
    void everyAutoConfigurationIsListed() {
        Set<String> annotated = new TreeSet<>();
        for (var type :
                new com.tngtech.archunit.core.importer.ClassFileImporter().importPackages("io.reliablemessaging")) {
            if (type.isAnnotatedWith(AutoConfiguration.class)) {
                annotated.add(type.getName());
            }
        }
        assertThat(annotated.remove(REFUSAL)).isTrue();
        assertThat(all()).isEqualTo(annotated);
    }

    @Test
    void withoutDatabaseOnlyDirectSendingIsLeft() {
        application.withPropertyValues(NO_DATABASE).run(AutoConfigurationTests::assertSendsOnlyDirectly);
    }

    @Test
    void betweenTwoDatabasesWithoutPrimaryWeDoNotChooseAndSaySo() {
        application
                .withPropertyValues("spring.flyway.enabled=false") // Boot's own would not know which one to migrate
                .withBean("first", DataSource.class, PGSimpleDataSource::new)
                .withBean("second", DataSource.class, PGSimpleDataSource::new)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("(first, second)")
                        .hasMessageContaining("none is primary"));
    }

    @Test
    void ofTwoDatabasesWeTakeThePrimary() {
        wiring.withBean("first", DataSource.class, PGSimpleDataSource::new)
                .withBean(
                        "second", DataSource.class, PGSimpleDataSource::new, definition -> definition.setPrimary(true))
                .run(context -> assertThat(active(context)).isEqualTo(all()));
    }

    @Test
    void withoutFlywayThereAreNoTablesAndOnlyDirectSendingIsLeft() {
        application
                .withPropertyValues("spring.datasource.url=jdbc:postgresql://localhost:1/none")
                .withPropertyValues("spring.autoconfigure.exclude="
                        + "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration")
                .withClassLoader(new FilteredClassLoader(Flyway.class))
                .run(AutoConfigurationTests::assertSendsOnlyDirectly);
    }

    @Test
    void withoutSpringKafkaNothingOfOursIsThere() {
        application
                .withPropertyValues(NO_DATABASE)
                .withClassLoader(new FilteredClassLoader(KafkaTemplate.class))
                .run(AutoConfigurationTests::assertNothingOfOurs);
        wiring.withClassLoader(new FilteredClassLoader(KafkaTemplate.class))
                .run(AutoConfigurationTests::assertNothingOfOurs);
    }

    @Test
    void withoutBootsKafkaConfigurationNothingOfOursIsThere() {
        wiring.withPropertyValues("spring.autoconfigure.exclude=" + KafkaAutoConfiguration.class.getName())
                .run(AutoConfigurationTests::assertNothingOfOurs);
    }

    @Test
    void switchedOffNothingOfOursIsThere() {
        wiring.withPropertyValues("reliable-messaging.enabled=false").run(AutoConfigurationTests::assertNothingOfOurs);
        application
                .withPropertyValues("reliable-messaging.enabled=false")
                .withPropertyValues(NO_DATABASE)
                .run(AutoConfigurationTests::assertNothingOfOurs);
    }

    @Test
    void withTheRelaySwitchedOffEverythingElseStays() {
        wiring.withPropertyValues("reliable-messaging.relay.enabled=false").run(context -> {
            Set<String> others = all();
            others.remove(RelayAutoConfiguration.class.getName());
            assertThat(active(context)).isEqualTo(others);
            assertThat(context).hasSingleBean(MessagePublisher.class);
            assertThat(ours(context)).doesNotContain("reliableMessagingRelay", "reliableMessagingLaneLeases");
        });
    }

    @Test
    void withoutJpaAllAreActive() {
        wiring.withClassLoader(
                        new FilteredClassLoader("org.springframework.orm", "jakarta.persistence", "org.hibernate"))
                .run(context -> assertThat(active(context)).isEqualTo(all()));
    }

    @Test
    void withoutActuatorEverythingElseStays() {
        String[] actuator = {"org.springframework.boot.actuate.", "org.springframework.boot.health."};
        String bootsOwn = candidates()
                .filter(name -> Arrays.stream(actuator).anyMatch(name::startsWith))
                .collect(Collectors.joining(","));
        wiring.withClassLoader(new FilteredClassLoader(actuator))
                .withPropertyValues("spring.autoconfigure.exclude=" + bootsOwn)
                .run(context -> {
                    assertThat(active(context)).isEqualTo(allBut("io.reliablemessaging.actuate."));
                    assertThat(context).hasSingleBean(MessagingOperations.class);
                });
    }

    @Test
    void anEndpointThatIsNotExposedIsNotThere() {
        wiring.withPropertyValues("management.endpoints.web.exposure.include=health")
                .run(context -> assertThat(active(context))
                        .isEqualTo(allBut("io.reliablemessaging.actuate.EndpointAutoConfiguration")));
    }

    @Test
    void theHostsOwnPublisherAndSenderReplaceOurs() {
        MessagePublisher publisher = new OwnPublisher();
        MessageSender sender = new OwnSender();
        wiring.withBean(MessagePublisher.class, () -> publisher)
                .withBean(MessageSender.class, () -> sender)
                .run(context -> {
                    assertThat(context.getBean(MessagePublisher.class)).isSameAs(publisher);
                    assertThat(context.getBean(MessageSender.class)).isSameAs(sender);
                });
    }

    @Test
    void kafkaTransactionsDoNotPushTheDatabasesTransactionManagerOut() {
        wiring.withPropertyValues("spring.kafka.producer.transaction-id-prefix=host-")
                .run(context -> assertThat(context.getBeanNamesForType(
                                org.springframework.transaction.PlatformTransactionManager.class, true, false))
                        .containsExactlyInAnyOrder("transactionManager", "kafkaTransactionManager"));
    }

    @Test
    void severalClocksDoNotDisturb() {
        application
                .withPropertyValues(NO_DATABASE)
                .withBean("one", Clock.class, Clock::systemUTC)
                .withBean("two", Clock.class, Clock::systemDefaultZone)
                .run(AutoConfigurationTests::assertSendsOnlyDirectly);
    }

    @Test
    void withoutMicrometersMetersAllElseIsThere() {
        Set<String> rest = all();
        rest.remove(MetricsAutoConfiguration.class.getName());
        rest.remove(ClientMetricsAutoConfiguration.class.getName());
        wiring.withClassLoader(new FilteredClassLoader("io.micrometer.core"))
                .run(context -> assertThat(active(context)).isEqualTo(rest));
    }

    @Test
    void withoutARegistryNothingIsMeasured() {
        wiring.withPropertyValues(
                        "spring.autoconfigure.exclude[0]=" + METRICS + "CompositeMeterRegistryAutoConfiguration",
                        "spring.autoconfigure.exclude[1]=" + METRICS
                                + "export.simple.SimpleMetricsExportAutoConfiguration",
                        "spring.autoconfigure.exclude[2]=" + METRICS
                                + "export.prometheus.PrometheusMetricsExportAutoConfiguration")
                .run(context -> assertThat(active(context))
                        .doesNotContain(
                                MetricsAutoConfiguration.class.getName(),
                                ClientMetricsAutoConfiguration.class.getName()));
    }

    private static void assertSendsOnlyDirectly(ApplicationContext context) {
        assertThat(active(context))
                .isEqualTo(new TreeSet<>(Set.of(
                        PayloadAutoConfiguration.class.getName(),
                        TracingAutoConfiguration.class.getName(),
                        SenderAutoConfiguration.class.getName(),
                        ClientMetricsAutoConfiguration.class.getName(),
                        AuditAutoConfiguration.class.getName(),
                        SettingsAutoConfiguration.class.getName(),
                        BrokerAutoConfiguration.class.getName())));
        assertThat(context.getBean(MessageSender.class)).isNotNull();
        assertThat(context.getBeanNamesForType(MessagePublisher.class)).isEmpty();
    }

    private static void assertNothingOfOurs(ApplicationContext context) {
        assertThat(ours(context)).isSubsetOf(REFUSAL, "reliableMessagingUncalledListeners");
    }

    private static Set<String> all() {
        return candidates()
                .filter(name -> name.startsWith("io.reliablemessaging."))
                .filter(name -> !name.equals(REFUSAL))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<String> candidates() {
        return ImportCandidates.load(AutoConfiguration.class, Host.class.getClassLoader()).getCandidates().stream();
    }

    private static Set<String> allBut(String prefix) {
        Set<String> others = all();
        others.removeIf(name -> name.startsWith(prefix));
        return others;
    }

    private static Set<String> active(ApplicationContext context) {
        Set<String> active = all();
        active.retainAll(Arrays.asList(context.getBeanDefinitionNames()));
        return active;
    }

    private static Set<String> ours(ApplicationContext context) {
        return Arrays.stream(context.getBeanDefinitionNames())
                .filter(name -> name.startsWith("reliableMessaging")
                        || name.startsWith("reliable-messaging")
                        || name.startsWith("io.reliablemessaging."))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static final class OwnPublisher implements MessagePublisher {

        @Override
        public MessageId publish(String topic, Object payload) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MessageId publish(String topic, String key, Object payload) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MessageId publish(OutgoingMessage message) {
            throw new UnsupportedOperationException();
        }
    }

    private static final class OwnSender implements MessageSender {

        @Override
        public Confirmation send(OutgoingMessage message) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletableFuture<Confirmation> sendAsync(OutgoingMessage message) {
            throw new UnsupportedOperationException();
        }
    }
}
