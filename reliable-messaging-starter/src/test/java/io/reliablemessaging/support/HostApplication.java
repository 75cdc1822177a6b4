package io.reliablemessaging.support;

import static org.assertj.core.api.Assertions.catchThrowable;

import io.reliablemessaging.test.KafkaCluster;
import io.reliablemessaging.test.PostgresServer;
import io.reliablemessaging.test.SharedServers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** A user's application, started as its {@code main} would: with failure analyzers and property binding in all spellings. */
public final class HostApplication {

    /** Name of a system property, to run tests with other settings of the driver: {@code ?preferQueryMode=simple}. */
    private static final String URL_SUFFIX = "reliable-messaging.test.url-suffix";

    private final List<Class<?>> sources = new ArrayList<>();
    private final Map<String, Object> properties = new LinkedHashMap<>();
    private final Map<String, Object> environment = new LinkedHashMap<>();

    private HostApplication(Class<?> source) {
        sources.add(source);
        with("spring.jpa.open-in-view=false");
    }

    /** An application with neither database nor broker. */
    public static HostApplication of(Class<?> source) {
        return new HostApplication(source).with("spring.kafka.bootstrap-servers=127.0.0.1:1");
    }

    /** An application on the shared broker and a database of its own. */
    public static HostApplication onSharedServers(Class<?> source) {
        return of(source)
                .with("spring.application.name=host")
                .on(SharedServers.kafka())
                .on(SharedServers.postgres(), newDatabase());
    }

    /** Name of a new, empty database on the shared server. */
    public static String newDatabase() {
        String name = "host_" + UUID.randomUUID().toString().replace("-", "");
        SharedServers.postgres().createDatabase(name);
        return name;
    }

    public HostApplication on(KafkaCluster kafka) {
        return with("spring.kafka.bootstrap-servers=" + kafka.bootstrapServers());
    }

    public HostApplication on(PostgresServer postgres, String database) {
        return with(
                "spring.datasource.url=" + postgres.jdbcUrl(database) + System.getProperty(URL_SUFFIX, ""),
                "spring.datasource.username=" + postgres.username(),
                "spring.datasource.password=" + postgres.password(),
                "spring.datasource.hikari.maximum-pool-size=4");
    }

    /** With a connection pool that the durability audit has nothing to say about. */
    public HostApplication withSafePool() {
        return with(
                "spring.datasource.hikari.maximum-pool-size=10",
                "spring.datasource.hikari.data-source-properties.socketTimeout=600");
    }

    /** Adds properties, {@code name=value}. */
    public HostApplication with(String... pairs) {
        put(properties, pairs);
        return this;
    }

    /** Adds environment variables, {@code NAME=value}. */
    public HostApplication withEnvironment(String... pairs) {
        put(environment, pairs);
        return this;
    }

    public HostApplication and(Class<?> source) {
        sources.add(source);
        return this;
    }

    public ConfigurableApplicationContext run() {
        return run(WebApplicationType.NONE);
    }

    /** Starts it with a web server on a free port, which {@code local.server.port} names. */
    public ConfigurableApplicationContext serve() {
        return with("server.port=0").run(WebApplicationType.SERVLET);
    }

    private ConfigurableApplicationContext run(WebApplicationType type) {
        SpringApplication application = new SpringApplication(sources.toArray(Class<?>[]::new));
        application.setWebApplicationType(type);
        application.setRegisterShutdownHook(false);
        // not by an initializer: spring.main.* is read before it runs
        StandardEnvironment all = new StandardEnvironment();
        all.getPropertySources().addFirst(new MapPropertySource("test", properties));
        all.getPropertySources().addFirst(new SystemEnvironmentPropertySource("test-systemEnvironment", environment));
        application.setEnvironment(all);
        return application.run();
    }

    /** The same application without Boot's set-up of the logging, which is one for the JVM: several may start at once. */
    public ApplicationContextRunner withoutLogging() {
        return new ApplicationContextRunner()
                .withUserConfiguration(sources.toArray(Class<?>[]::new))
                .withPropertyValues(properties.entrySet().stream()
                        .map(property -> property.getKey() + "=" + property.getValue())
                        .toArray(String[]::new));
    }

    /** Starts in vain, and returns what a user reads then. */
    public String refusal(CapturedOutput output) {
        int before = output.toString().length();
        Throwable thrown = catchThrowable(() -> run().close());
        if (thrown == null) {
            throw new AssertionError("The application has started; it was to be refused");
        }
        String printed = output.toString().substring(before);
        int report = printed.indexOf("APPLICATION FAILED TO START");
        if (report < 0) {
            throw new AssertionError("The start failed without an analysis", thrown);
        }
        return printed.substring(report);
    }

    private static void put(Map<String, Object> target, String... pairs) {
        for (String pair : pairs) {
            int equals = pair.indexOf('=');
            target.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
    }
}
