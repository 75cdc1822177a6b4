package io.reliablemessaging.deadletter;

import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.dryrun.ListenerHandlers;
import io.reliablemessaging.dryrun.MessageTrials;
import io.reliablemessaging.failures.FailureGroups;
import io.reliablemessaging.inbox.Inbox;
import io.reliablemessaging.observers.ShieldedObservers;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.MessagingDataSource;
import io.reliablemessaging.schema.Schema;
import java.time.InstantSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.util.function.SingletonSupplier;

/** Wires parked messages and dead letters. */
@AutoConfiguration(
        afterName = {
            "io.reliablemessaging.schema.SchemaAutoConfiguration",
            "io.reliablemessaging.failures.FailureAutoConfiguration"
        })
@ConditionalOnBean({Schema.class, FailureGroups.class})
public final class DeadLetterAutoConfiguration {

    DeadLetterAutoConfiguration() {}

    @Bean
    @DependsOnDatabaseInitialization
    ParkedMessages reliableMessagingParkedMessages(MessagingDataSource messaging, Schema schema, FailureGroups groups) {
        return new ParkedMessages(messaging.dataSource(), schema, groups);
    }

    @Bean
    ParkedSignal reliableMessagingParkedSignal() {
        return new ParkedSignal();
    }

    @Bean
    @DependsOnDatabaseInitialization
    MakeDead reliableMessagingMakeDead(
            MessagingDataSource messaging,
            Schema schema,
            FailureGroups groups,
            ObjectProvider<Inbox> inbox,
            ObjectProvider<OutboxTable> outbox) {
        AutoCommitDataSource autoCommit = new AutoCommitDataSource(messaging.dataSource());
        return new MakeDead(
                autoCommit,
                schema,
                DeadLetterOperations.transactions(autoCommit),
                groups,
                SingletonSupplier.of(inbox::getObject),
                SingletonSupplier.of(outbox::getObject));
    }

    @Bean
    @ConditionalOnMissingBean(DeadLetters.class)
    @DependsOnDatabaseInitialization
    DeadLetterOperations reliableMessagingDeadLetters(
            MessagingDataSource messaging,
            Schema schema,
            MakeDead makeDead,
            ParkedSignal signal,
            ObjectProvider<MessagingObserver> observers,
            ObjectProvider<ListenerHandlers> handlers) {
        return new DeadLetterOperations(
                new AutoCommitDataSource(messaging.dataSource()),
                schema,
                makeDead,
                signal,
                ShieldedObservers.of(observers),
                new MessageTrials(handlers::getIfAvailable));
    }

    @Bean
    @DependsOnDatabaseInitialization
    ParkedQueues reliableMessagingParkedQueues(MessagingDataSource messaging, Schema schema, FailureGroups groups) {
        return new ParkedQueues(messaging.dataSource(), schema, InstantSource.system(), groups);
    }

    @Bean
    @DependsOnDatabaseInitialization
    ParkedCounts reliableMessagingParkedCounts(MessagingDataSource messaging, Schema schema) {
        return new ParkedCounts(new AutoCommitDataSource(messaging.dataSource()), schema);
    }
}
