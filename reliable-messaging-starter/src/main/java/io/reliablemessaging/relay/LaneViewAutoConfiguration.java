package io.reliablemessaging.relay;

import io.reliablemessaging.lanes.LaneGrowth;
import io.reliablemessaging.lanes.LaneOwners;
import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.quarantine.QuarantineReader;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.MessagingDataSource;
import io.reliablemessaging.schema.Schema;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;

/** Wires what reads the state of the relays of all instances; also in instances without a relay. */
@AutoConfiguration(afterName = "io.reliablemessaging.publish.OutboxAutoConfiguration")
@ConditionalOnBean(OutboxTable.class)
@EnableConfigurationProperties(RelayProperties.class)
public final class LaneViewAutoConfiguration {

    LaneViewAutoConfiguration() {}

    @Bean
    SendingNote reliableMessagingSendingNote(Lanes lanes, ObjectProvider<RelayState> relay) {
        return new SendingNote(lanes, relay.getIfAvailable());
    }

    @Bean
    @DependsOnDatabaseInitialization
    LaneOwners reliableMessagingLaneOwners(MessagingDataSource messaging, Schema schema, RelayProperties settings) {
        return new LaneOwners(new AutoCommitDataSource(messaging.dataSource()), schema, settings.lease());
    }

    @Bean
    @DependsOnDatabaseInitialization
    LaneGrowth reliableMessagingLaneGrowth(
            MessagingDataSource messaging, Schema schema, Lanes lanes, RelayProperties settings) {
        return new LaneGrowth(new AutoCommitDataSource(messaging.dataSource()), schema, lanes, settings.lease());
    }

    @Bean
    @DependsOnDatabaseInitialization
    QuarantineReader reliableMessagingQuarantineReader(MessagingDataSource messaging, Schema schema) {
        return new QuarantineReader(new AutoCommitDataSource(messaging.dataSource()), schema);
    }
}
