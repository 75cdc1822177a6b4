package io.reliablemessaging.operationlog;

import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.AnsweringDataSource;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.MessagingDataSource;
import io.reliablemessaging.schema.Schema;
import java.time.Duration;
import javax.sql.DataSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;

/** Wires the record of what people did: who reads it, and what deletes old entries. */
@AutoConfiguration(afterName = "io.reliablemessaging.reachability.ReachabilityAutoConfiguration")
@ConditionalOnBean({Schema.class, Infrastructure.class})
@EnableConfigurationProperties(OperationsProperties.class)
public final class OperationLogAutoConfiguration {

    // longer than any of our own statements takes
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

    OperationLogAutoConfiguration() {}

    @Bean
    @DependsOnDatabaseInitialization
    OperationLogReader reliableMessagingOperationLogReader(MessagingDataSource messaging, Schema schema) {
        return new OperationLogReader(answering(messaging), schema);
    }

    @Bean
    @DependsOnDatabaseInitialization
    OperationLogPurge reliableMessagingOperationLogPurge(
            MessagingDataSource messaging,
            Schema schema,
            OperationsProperties settings,
            Infrastructure infrastructure) {
        return new OperationLogPurge(answering(messaging), schema, settings.logRetention(), infrastructure);
    }

    // on a connection that died silently, a caller would otherwise wait for hours
    private static DataSource answering(MessagingDataSource messaging) {
        return new AnsweringDataSource(new AutoCommitDataSource(messaging.dataSource()), ANSWER_LIMIT);
    }
}
