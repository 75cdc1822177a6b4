package io.reliablemessaging.inbox;

import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.AnsweringDataSource;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.MessagingDataSource;
import io.reliablemessaging.schema.Schema;
import java.time.Duration;
import java.time.InstantSource;
import javax.sql.DataSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;

/** Wires the inbox. */
@AutoConfiguration(afterName = "io.reliablemessaging.reachability.ReachabilityAutoConfiguration")
@ConditionalOnBean({Schema.class, Infrastructure.class})
@EnableConfigurationProperties(InboxProperties.class)
public final class InboxAutoConfiguration {

    // longer than any of our own statements takes
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

    InboxAutoConfiguration() {}

    @Bean
    @DependsOnDatabaseInitialization
    Inbox reliableMessagingInbox(MessagingDataSource messaging, Schema schema, DifferentDuplicates different) {
        return new Inbox(messaging.dataSource(), schema, different);
    }

    @Bean
    DifferentDuplicates reliableMessagingDifferentDuplicates() {
        return new DifferentDuplicates();
    }

    @Bean
    @DependsOnDatabaseInitialization
    PartitionHistory reliableMessagingPartitionHistory(
            MessagingDataSource messaging, Schema schema, InboxProperties settings) {
        return new PartitionHistory(
                answering(messaging.dataSource()),
                schema,
                new InboxRetention(settings.retention()),
                InstantSource.system());
    }

    @Bean
    ListeningGroups reliableMessagingListeningGroups() {
        return new ListeningGroups();
    }

    @Bean
    @DependsOnDatabaseInitialization
    InboxStatistics reliableMessagingInboxStatistics(MessagingDataSource messaging, Schema schema) {
        return new InboxStatistics(answering(messaging.dataSource()), schema);
    }

    @Bean
    @DependsOnDatabaseInitialization
    InboxLedger reliableMessagingInboxLedger(MessagingDataSource messaging, Schema schema) {
        return new InboxLedger(answering(messaging.dataSource()), schema);
    }

    @Bean
    @DependsOnDatabaseInitialization
    InboxUpkeep reliableMessagingInboxUpkeep(
            MessagingDataSource messaging,
            Schema schema,
            ListeningGroups groups,
            InboxProperties settings,
            Infrastructure infrastructure) {
        InboxPurge purge = new InboxPurge(
                answering(messaging.dataSource()), schema, groups, new InboxRetention(settings.retention()));
        return new InboxUpkeep(purge, groups, infrastructure);
    }

    // on a connection that died silently, a caller would otherwise wait for hours
    private static DataSource answering(DataSource dataSource) {
        return new AnsweringDataSource(new AutoCommitDataSource(dataSource), ANSWER_LIMIT);
    }
}
