package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.PostgresServer;
import io.reliablemessaging.test.SharedServers;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A host with JDBC alone: our classes are loaded anew by a loader that has none of JPA's, as in such an application. (A
 * filtering class loader below the test's would not do: our classes would still be linked with JPA's.)
 */
class WithoutJpaIT {

    private static final Pattern JPA = Pattern.compile(
            ".*/(spring-orm-.*|spring-data-.*|spring-boot-(starter-)?(data-jpa|hibernate|jpa).*|spring-boot-data-.*"
                    + "|hibernate-.*|jakarta\\.persistence-.*)\\.jar");

    /** Runs inside the other class loader. */
    public static final class Application {

        private Application() {}

        @Configuration(proxyBeanMethods = false)
        @EnableAutoConfiguration
        static class Host {

            @Bean
            Listener listener() {
                return new Listener();
            }
        }

        static final class Listener {
            private volatile String seen = "";

            @ReliableListener(topics = "${test.topic}", groupId = "jdbc")
            void on(String payload) {
                seen = payload;
            }
        }

        public static String publishAndReceive(String topic, String... properties) {
            SpringApplication application = new SpringApplication(Host.class);
            application.setWebApplicationType(WebApplicationType.NONE);
            application.setRegisterShutdownHook(false);
            try (var context = application.run(properties)) {
                context.getBean(TransactionTemplate.class)
                        .executeWithoutResult(status ->
                                context.getBean(MessagePublisher.class).publish(topic, "k", "by JDBC"));
                Listener listener = context.getBean(Listener.class);
                await().until(() -> !listener.seen.isEmpty());
                return listener.seen;
            }
        }
    }

    @Test
    void publishesAndReceivesWithJdbcAlone() throws Exception {
        String topic = "jdbc-" + UUID.randomUUID();
        PostgresServer postgres = SharedServers.postgres();
        String bootstrapServers = SharedServers.kafka().bootstrapServers();
        KafkaTopic.create(bootstrapServers, topic, 1);
        String[] properties = {
            "--test.topic=" + topic,
            "--spring.application.name=jdbc",
            "--spring.flyway.enabled=false",
            "--spring.kafka.bootstrap-servers=" + bootstrapServers,
            "--spring.datasource.url=" + postgres.jdbcUrl(HostApplication.newDatabase()),
            "--spring.datasource.username=" + postgres.username(),
            "--spring.datasource.password=" + postgres.password()
        };
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader loader = new URLClassLoader(classPath(), ClassLoader.getPlatformClassLoader())) {
            thread.setContextClassLoader(loader);
            Class<?> application = loader.loadClass(Application.class.getName());
            Object received = application
                    .getMethod("publishAndReceive", String.class, String[].class)
                    .invoke(null, topic, properties);
            assertThat(received).isEqualTo("by JDBC");
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static URL[] classPath() throws Exception {
        List<URL> urls = new ArrayList<>();
        int left = 0;
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            if (JPA.matcher(entry).matches()) {
                left++;
            } else {
                urls.add(Path.of(entry).toUri().toURL());
            }
        }
        assertThat(left).as("jars of JPA that were left out").isGreaterThan(3);
        return urls.toArray(URL[]::new);
    }
}
