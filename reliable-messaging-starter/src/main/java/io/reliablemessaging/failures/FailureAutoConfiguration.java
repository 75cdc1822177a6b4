package io.reliablemessaging.failures;

import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.AnsweringDataSource;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.MessagingDataSource;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.FailureText;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/** Wires the groups of failures. */
@AutoConfiguration(afterName = "io.reliablemessaging.reachability.ReachabilityAutoConfiguration")
@ConditionalOnBean({Schema.class, Infrastructure.class})
public final class FailureAutoConfiguration {

    // longer than any of the statements may take
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(15);
    private static final int LONGEST_VERSION = 200;

    FailureAutoConfiguration() {}

    @Bean
    @DependsOnDatabaseInitialization
    FailureGroups reliableMessagingFailureGroups(
            MessagingDataSource messaging, Schema schema, Infrastructure infrastructure, Environment environment) {
        AnsweringDataSource answering =
                new AnsweringDataSource(new AutoCommitDataSource(messaging.dataSource()), ANSWER_LIMIT);
        return new FailureGroups(new FailureGroupTable(answering, schema, version(environment)), infrastructure);
    }

    // Spring Boot sets it from the manifest of the application's jar, if the application does not
    private static @Nullable String version(Environment environment) {
        String version = environment.getProperty("spring.application.version");
        return version == null || version.isBlank()
                ? null
                : FailureText.ascii(FailureText.storable(version.strip(), LONGEST_VERSION));
    }
}
