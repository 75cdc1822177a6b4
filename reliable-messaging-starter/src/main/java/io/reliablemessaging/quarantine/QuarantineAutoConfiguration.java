package io.reliablemessaging.quarantine;

import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.lanes.OutboxSignal;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.MessagingDataSource;
import io.reliablemessaging.schema.Schema;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;

/** Wires the commands on quarantined messages, also in instances that do not send. */
@AutoConfiguration(afterName = "io.reliablemessaging.publish.OutboxAutoConfiguration")
@ConditionalOnBean(OutboxSignal.class)
public final class QuarantineAutoConfiguration {

    QuarantineAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(OutboxQuarantine.class)
    @DependsOnDatabaseInitialization
    QuarantineOperations reliableMessagingQuarantine(
            MessagingDataSource messaging, Schema schema, OutboxSignal signal) {
        return new QuarantineOperations(new AutoCommitDataSource(messaging.dataSource()), schema, signal);
    }
}
