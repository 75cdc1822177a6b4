package io.reliablemessaging.operations;

import io.reliablemessaging.DurabilityAudit;
import io.reliablemessaging.Finding;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.broker.ClusterDiagnosis;
import io.reliablemessaging.broker.RecordSearch;
import io.reliablemessaging.deadletter.MakeDead;
import io.reliablemessaging.deadletter.ParkedCounts;
import io.reliablemessaging.deadletter.ParkedQueues;
import io.reliablemessaging.inbox.InboxLedger;
import io.reliablemessaging.inbox.InboxStatistics;
import io.reliablemessaging.inbox.PartitionHistory;
import io.reliablemessaging.lanes.LaneGrowth;
import io.reliablemessaging.lanes.LaneOwners;
import io.reliablemessaging.listener.Listeners;
import io.reliablemessaging.operationlog.OperationLogReader;
import io.reliablemessaging.outbox.OutboxBacklog;
import io.reliablemessaging.outbox.OutboxLedger;
import io.reliablemessaging.pause.ListenerPauses;
import io.reliablemessaging.publish.BacklogGuard;
import io.reliablemessaging.quarantine.QuarantineReader;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.relay.RelayState;
import io.reliablemessaging.schema.TableRights;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;

/** Wires the view of all stages, and the threads that keep it up to date. */
@AutoConfiguration(
        afterName = {
            "io.reliablemessaging.relay.RelayAutoConfiguration",
            "io.reliablemessaging.relay.LaneViewAutoConfiguration",
            "io.reliablemessaging.listener.ListenerAutoConfiguration"
        })
@ConditionalOnBean({LaneOwners.class, Listeners.class})
public final class OperationsAutoConfiguration {

    OperationsAutoConfiguration() {}

    @Bean
    StageReaders.Outbox reliableMessagingOutboxStage(
            OutboxBacklog backlog,
            ObjectProvider<BacklogGuard> guard,
            OutboxLedger ledger,
            QuarantineReader quarantine) {
        return new StageReaders.Outbox(backlog, guard.getIfAvailable(), ledger, quarantine);
    }

    @Bean
    StageReaders.Sending reliableMessagingSendingStage(
            LaneOwners owners, LaneGrowth growth, ObjectProvider<RelayState> relay) {
        return new StageReaders.Sending(owners, growth, relay.getIfAvailable());
    }

    @Bean
    StageReaders.Receiving reliableMessagingReceivingStage(
            Listeners listeners,
            ListenerPauses pauses,
            PartitionHistory history,
            InboxLedger inbox,
            InboxStatistics inboxSize) {
        return new StageReaders.Receiving(listeners, pauses, history, inbox, inboxSize);
    }

    @Bean
    StageReaders.Parked reliableMessagingParkedStage(ParkedCounts deadLetters, ParkedQueues queues, MakeDead makeDead) {
        return new StageReaders.Parked(deadLetters, queues, makeDead);
    }

    @Bean
    StageReaders reliableMessagingStageReaders(
            StageReaders.Outbox outbox,
            StageReaders.Sending sending,
            ClusterDiagnosis diagnosis,
            RecordSearch search,
            StageReaders.Receiving receiving,
            StageReaders.Parked parked,
            TableRights rights,
            OperationLogReader log) {
        return new StageReaders(
                outbox,
                sending,
                new StageReaders.Cluster(diagnosis, search),
                receiving,
                parked,
                new StageReaders.Tables(rights, log));
    }

    @Bean
    ThroughputCounters reliableMessagingCounters() {
        return new ThroughputCounters();
    }

    @Bean
    FirstMessages reliableMessagingFirstMessages() {
        return new FirstMessages();
    }

    @Bean
    Troubles reliableMessagingTroubles(StageReaders stageReaders, Infrastructure infrastructure) {
        return new Troubles(stageReaders, infrastructure, InstantSource.system());
    }

    @Bean
    @Lazy(false) // no bean depends on it
    TablesCache reliableMessagingTablesCache(
            StageReaders stageReaders, ThroughputCounters throughputCounters, Infrastructure infrastructure) {
        TablesCache cache = new TablesCache(stageReaders, InstantSource.system(), infrastructure);
        infrastructure.kafka().setWaitingMessages(OutageImpact.ofKafka(stageReaders, cache, throughputCounters));
        infrastructure.postgres().setWaitingMessages(OutageImpact.ofPostgres(stageReaders, throughputCounters));
        return cache;
    }

    @Bean
    @Lazy(false) // no bean depends on it
    TroubleMonitor reliableMessagingTroubleMonitor(
            StageReaders stageReaders,
            Troubles troubles,
            ThroughputCounters throughputCounters,
            Infrastructure infrastructure) {
        return new TroubleMonitor(stageReaders, troubles, throughputCounters, infrastructure);
    }

    @Bean
    @ConditionalOnMissingBean(MessagingOperations.class)
    Operations reliableMessagingOperations(
            StageReaders stageReaders,
            TablesCache cache,
            Troubles troubles,
            ThroughputCounters throughputCounters,
            ObjectProvider<DurabilityAudit> audits) {
        Supplier<List<Finding>> findings = () ->
                audits.stream().flatMap(audit -> audit.findings().stream()).toList();
        return new Operations(stageReaders, cache, troubles, throughputCounters, findings, InstantSource.system());
    }
}
