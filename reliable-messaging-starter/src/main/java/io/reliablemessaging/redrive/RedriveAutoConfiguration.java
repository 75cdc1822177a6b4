package io.reliablemessaging.redrive;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.deadletter.ChosenRedrive;
import io.reliablemessaging.deadletter.ParkedSignal;
import io.reliablemessaging.inbox.ListeningGroups;
import io.reliablemessaging.observers.ShieldedObservers;
import io.reliablemessaging.operationlog.OperationLog;
import io.reliablemessaging.operationlog.OperationsProperties;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.AnsweringDataSource;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.MessagingDataSource;
import io.reliablemessaging.schema.Schema;
import java.time.Duration;
import java.time.InstantSource;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Wires redrive jobs. */
@AutoConfiguration(
        afterName = {
            "io.reliablemessaging.inbox.InboxAutoConfiguration",
            "io.reliablemessaging.deadletter.DeadLetterAutoConfiguration",
            "io.reliablemessaging.operationlog.OperationLogAutoConfiguration"
        })
@ConditionalOnBean({Schema.class, ListeningGroups.class, ParkedSignal.class, OperationsProperties.class})
@EnableConfigurationProperties(RedriveProperties.class)
public final class RedriveAutoConfiguration {

    // on a connection that died silently, a step would otherwise wait for hours
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

    RedriveAutoConfiguration() {}

    @Bean
    JobSignal reliableMessagingJobSignal() {
        return new JobSignal();
    }

    @Bean
    @DependsOnDatabaseInitialization
    JobCommands reliableMessagingRedriveJobs(MessagingDataSource messaging, Schema schema, JobSignal signal) {
        DataSource autoCommit = new AutoCommitDataSource(messaging.dataSource());
        return new JobCommands(
                new RedriveJobTable(autoCommit, schema),
                new ChosenRedrive(autoCommit, schema),
                new OperationLog(autoCommit, schema),
                signal);
    }

    @Bean
    @DependsOnDatabaseInitialization
    RedriveCarrier reliableMessagingRedriveCarrier(
            MessagingDataSource messaging,
            Schema schema,
            RedriveCarrier.Listening listening,
            OperationsProperties settings,
            Infrastructure infrastructure) {
        DataSource autoCommit = new AnsweringDataSource(new AutoCommitDataSource(messaging.dataSource()), ANSWER_LIMIT);
        RedriveJobTable jobs = new RedriveJobTable(autoCommit, schema);
        TransactionTemplate transactions = new TransactionTemplate(new JdbcTransactionManager(autoCommit));
        // a statement sees what the one before it has waited for, whatever the host's default is
        transactions.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
        RedriveStep step = new RedriveStep(
                jobs, new OpenMessages(autoCommit, schema), new ChosenRedrive(autoCommit, schema), transactions);
        return new RedriveCarrier(jobs, step, listening, settings.logRetention(), infrastructure);
    }

    @Bean
    RedriveCarrier.Listening reliableMessagingRedriveListening(
            ListeningGroups groups, ParkedSignal parked, JobSignal jobs, ObjectProvider<MessagingObserver> observers) {
        return new RedriveCarrier.Listening(groups, parked, jobs, ShieldedObservers.of(observers));
    }

    @Bean
    RedriveSchedules reliableMessagingRedriveSchedules(
            RedriveProperties settings, JobCommands commands, ListeningGroups groups, Infrastructure infrastructure) {
        return new RedriveSchedules(settings, commands, groups, infrastructure, InstantSource.system());
    }
}
