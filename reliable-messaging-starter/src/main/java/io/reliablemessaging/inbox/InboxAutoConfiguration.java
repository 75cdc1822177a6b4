package io.reliablemessaging.inbox;

import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.Schema;
import java.time.InstantSource;
import javax.sql.DataSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;

/** Wires the inbox. */
@AutoConfiguration(afterName = "io.reliablemessaging.schema.SchemaAutoConfiguration")
@ConditionalOnBean(Schema.class)
@EnableConfigurationProperties(InboxProperties.class)
public final class InboxAutoConfiguration {

    InboxAutoConfiguration() {}

    @Bean
    @DependsOnDatabaseInitialization
    Inbox reliableMessagingInbox(DataSource dataSource, Schema schema) {
        return new Inbox(dataSource, schema);
    }

    @Bean
    @DependsOnDatabaseInitialization
    PartitionWatch reliableMessagingPartitionWatch(DataSource dataSource, Schema schema) {
        return new PartitionWatch(dataSource, schema);
    }

    @Bean
    ListeningGroups reliableMessagingListeningGroups() {
        return new ListeningGroups();
    }

    @Bean
    @DependsOnDatabaseInitialization
    InboxRetention reliableMessagingInboxRetention(DataSource dataSource, Schema schema, InboxProperties settings) {
        return new InboxRetention(dataSource, schema, settings.retention(), InstantSource.system());
    }

    @Bean
    @DependsOnDatabaseInitialization
    InboxStatistics reliableMessagingInboxStatistics(DataSource dataSource, Schema schema) {
        return new InboxStatistics(new AutoCommitDataSource(dataSource), schema);
    }

    @Bean
    @DependsOnDatabaseInitialization
    InboxLedger reliableMessagingInboxLedger(DataSource dataSource, Schema schema) {
        return new InboxLedger(new AutoCommitDataSource(dataSource), schema);
    }

    @Bean
    @DependsOnDatabaseInitialization
    InboxUpkeep reliableMessagingInboxUpkeep(
            DataSource dataSource, Schema schema, ListeningGroups groups, InboxProperties settings) {
        return new InboxUpkeep(
                new InboxPurge(new AutoCommitDataSource(dataSource), schema, groups, settings.retention()));
    }
}
