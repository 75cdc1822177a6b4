package io.reliablemessaging.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.MessageNotPublishedException;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.SharedServers;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.TransactionManagementConfigurer;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/** Which data source and which transaction managers of a host are ours. */
@ExtendWith(OutputCaptureExtension.class)
class DataSourceChoiceIT {

    private static final ThreadLocal<String> ROUTE = new ThreadLocal<>();

    private final String first = HostApplication.newDatabase();
    private final String second = HostApplication.newDatabase();

    private static DataSource source(String database) {
        HikariDataSource pool = DataSourceBuilder.create()
                .type(HikariDataSource.class)
                .url(SharedServers.postgres().jdbcUrl(database))
                .username(SharedServers.postgres().username())
                .password(SharedServers.postgres().password())
                .build();
        pool.setMaximumPoolSize(4);
        return pool;
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class TwoSources {

        @Bean
        DataSource firstSource(@Value("${test.first}") String database) {
            return source(database);
        }

        @Bean
        DataSource secondSource(@Value("${test.second}") String database) {
            return source(database);
        }

        @Bean
        JdbcTransactionManager firstManager(@Qualifier("firstSource") DataSource source) {
            return new JdbcTransactionManager(source);
        }

        @Bean
        JdbcTransactionManager secondManager(@Qualifier("secondSource") DataSource source) {
            return new JdbcTransactionManager(source);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Routing {

        @Bean
        DataSource dataSource(@Value("${test.first}") String first, @Value("${test.second}") String second) {
            AbstractRoutingDataSource routing = new AbstractRoutingDataSource() {
                @Override
                protected Object determineCurrentLookupKey() {
                    return ROUTE.get();
                }
            };
            routing.setTargetDataSources(Map.of("same", source(first), "other", source(second)));
            routing.setDefaultTargetDataSource(source(first));
            return routing;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class LazyConnections {

        @Bean
        DataSource dataSource(@Value("${test.first}") String database) {
            return new LazyConnectionDataSourceProxy(source(database));
        }
    }

    /** Its transaction manager is needed before any bean post-processor of ours is there, and is the interceptor's own. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @EnableTransactionManagement
    @Import(NoPreflight.class)
    static class Early {

        @Bean
        static DataSource dataSource(@Value("${test.first}") String database) {
            return source(database);
        }

        @Bean
        static PlatformTransactionManager transactionManager(DataSource source) {
            return new JdbcTransactionManager(source);
        }

        @Bean
        static BeanPostProcessor needsItEarly(PlatformTransactionManager manager) {
            return new BeanPostProcessor() {};
        }

        @Bean
        static TransactionManagementConfigurer configurer(DataSource source) {
            TransactionManager own = new JdbcTransactionManager(source);
            return () -> own;
        }

        @Bean
        Service service(MessagePublisher publisher, DataSource source) {
            return new Service(publisher, new JdbcTemplate(source));
        }
    }

    static class Service {

        private final MessagePublisher publisher;
        private final JdbcTemplate sql;

        Service(MessagePublisher publisher, JdbcTemplate sql) {
            this.publisher = publisher;
            this.sql = sql;
        }

        @Transactional
        public void publish(String text) {
            sql.execute("select 1");
            publisher.publish("orders", text);
        }
    }

    private HostApplication application(Class<?> host) {
        return HostApplication.of(host)
                .on(SharedServers.kafka())
                .with(
                        "spring.application.name=choice",
                        "reliable-messaging.relay.enabled=false",
                        "spring.flyway.enabled=false",
                        "spring.data.jpa.repositories.enabled=false",
                        "spring.autoconfigure.exclude="
                                + "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration",
                        "test.first=" + first,
                        "test.second=" + second);
    }

    private static List<String> stored(String database) {
        return new JdbcTemplate(source(database))
                .queryForList(
                        "select convert_from(value, 'UTF8') from reliable_messaging.outbox_message order by id",
                        String.class);
    }

    private static void publish(ConfigurableApplicationContext context, String manager, String text) {
        new TransactionTemplate(context.getBean(manager, PlatformTransactionManager.class))
                .executeWithoutResult(
                        status -> context.getBean(MessagePublisher.class).publish("orders", text));
    }

    @Test
    void severalDataSourcesAndNoneIsPrimary(CapturedOutput output) {
        assertThat(application(TwoSources.class).refusal(output))
                .contains("firstSource, secondSource")
                .contains("reliable-messaging.data-source")
                .contains("@Primary");
    }

    @Test
    void aPropertyThatNamesNoDataSource(CapturedOutput output) {
        assertThat(application(TwoSources.class)
                        .with("reliable-messaging.data-source=third")
                        .refusal(output))
                .contains("reliable-messaging.data-source=third")
                .contains("firstSource, secondSource");
    }

    @Test
    void aPropertyNamesOurs() {
        try (ConfigurableApplicationContext context = application(TwoSources.class)
                .with("reliable-messaging.data-source=secondSource")
                .run()) {
            publish(context, "secondManager", "here");
            assertThatExceptionOfType(MessageNotPublishedException.class)
                    .isThrownBy(() -> publish(context, "firstManager", "there"))
                    .withMessageContaining("reliable-messaging.data-source");
            assertThat(stored(second)).containsExactly("here");
        }
    }

    @Test
    void aDataSourceThatRoutesIsRefusedWhereItLeadsElsewhere() {
        try (ConfigurableApplicationContext context = application(Routing.class).run()) {
            publish(context, "transactionManager", "default");
            ROUTE.set("same");
            publish(context, "transactionManager", "same");
            ROUTE.set("other");
            assertThatExceptionOfType(MessageNotPublishedException.class)
                    .isThrownBy(() -> publish(context, "transactionManager", "other"))
                    .withMessageContaining(first)
                    .withMessageContaining(second);
            assertThat(stored(first)).containsExactly("default", "same");
        } finally {
            ROUTE.remove();
        }
    }

    @Test
    void publishesOverLazyConnections() {
        try (ConfigurableApplicationContext context =
                application(LazyConnections.class).run()) {
            publish(context, "transactionManager", "lazy");
            assertThat(stored(first)).containsExactly("lazy");
        }
    }

    @Test
    void publishesWithTransactionManagersThatWereMadeBeforeUs() {
        try (ConfigurableApplicationContext context = application(Early.class).run()) {
            publish(context, "transactionManager", "early");
            context.getBean(Service.class).publish("configured");
            assertThat(stored(first)).containsExactly("early", "configured");
        }
    }
}
