package io.reliablemessaging.delayed;

import io.reliablemessaging.DelayedMessages;
import io.reliablemessaging.lanes.LaneNotices;
import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.lanes.OutboxSignal;
import io.reliablemessaging.schema.AnsweringDataSource;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.MessagingDataSource;
import io.reliablemessaging.schema.Schema;
import java.time.Duration;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;

/** Wires the commands on delayed messages, also in instances that do not send. */
@AutoConfiguration(afterName = "io.reliablemessaging.publish.OutboxAutoConfiguration")
@ConditionalOnBean({OutboxSignal.class, Lanes.class})
public final class DelayedAutoConfiguration {

    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

    DelayedAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean(DelayedMessages.class)
    @DependsOnDatabaseInitialization
    DelayedOperations reliableMessagingDelayedMessages(
            MessagingDataSource messaging,
            Schema schema,
            Lanes lanes,
            OutboxSignal signal,
            ObjectProvider<LaneNotices> notices) {
        return new DelayedOperations(
                new AnsweringDataSource(new AutoCommitDataSource(messaging.dataSource()), ANSWER_LIMIT),
                schema,
                new DelayedOperations.Wake(lanes, signal, notices.getIfAvailable()));
    }
}
