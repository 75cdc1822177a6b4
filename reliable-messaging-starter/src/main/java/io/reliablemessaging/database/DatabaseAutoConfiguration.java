package io.reliablemessaging.database;

import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.MessagingDataSource;
import io.reliablemessaging.schema.Schema;
import java.time.Duration;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.jdbc.metadata.DataSourcePoolMetadataProvider;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Wires the checks of PostgreSQL. */
@AutoConfiguration(afterName = "io.reliablemessaging.schema.SchemaAutoConfiguration")
@ConditionalOnBean(Schema.class)
public final class DatabaseAutoConfiguration {

    private static final Duration QUERY_LIMIT = Duration.ofSeconds(5);

    DatabaseAutoConfiguration() {}

    @Bean
    @DependsOnDatabaseInitialization
    PostgresCheck reliableMessagingPostgresCheck(MessagingDataSource messaging, Schema schema) {
        return check(messaging.dataSource(), schema, PostgresLimits.DEFAULT);
    }

    @Bean
    @DependsOnDatabaseInitialization
    ConnectionCheck reliableMessagingConnectionCheck(
            MessagingDataSource messaging,
            ObjectProvider<DataSourcePoolMetadataProvider> pools,
            ObjectProvider<HandlerConnections> handlers) {
        return new ConnectionCheck(
                messaging.dataSource(),
                () -> messaging.most(pools.orderedStream().toList()),
                () -> handlers.stream().toList());
    }

    static PostgresCheck check(DataSource dataSource, Schema schema, PostgresLimits limits) {
        JdbcTemplate template = new JdbcTemplate(new AutoCommitDataSource(dataSource));
        template.setQueryTimeout((int) QUERY_LIMIT.toSeconds());
        JdbcClient jdbc = JdbcClient.create(template);
        return new PostgresCheck(new PostgresSettings(jdbc, schema), new PostgresActivity(jdbc, limits));
    }
}
