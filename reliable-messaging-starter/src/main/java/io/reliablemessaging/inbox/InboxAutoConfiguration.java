package io.reliablemessaging.inbox;

import io.reliablemessaging.schema.Schema;
import javax.sql.DataSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;

/** Wires the inbox. */
@AutoConfiguration(afterName = "io.reliablemessaging.schema.SchemaAutoConfiguration")
@ConditionalOnBean(Schema.class)
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
}
