package io.reliablemessaging.operations;

import io.reliablemessaging.DurabilityAudit;
import io.reliablemessaging.Finding;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.broker.ClusterDiagnosis;
import io.reliablemessaging.broker.RecordSearch;
import io.reliablemessaging.deadletter.MakeDead;
import io.reliablemessaging.deadletter.ParkedQueues;
import io.reliablemessaging.deadletter.SetAsideReader;
import io.reliablemessaging.inbox.InboxLedger;
import io.reliablemessaging.inbox.InboxStatistics;
import io.reliablemessaging.inbox.PartitionWatch;
import io.reliablemessaging.listener.Listeners;
import io.reliablemessaging.outbox.BacklogGuard;
import io.reliablemessaging.outbox.OutboxBacklog;
import io.reliablemessaging.outbox.OutboxLedger;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.relay.LaneGrowth;
import io.reliablemessaging.relay.LaneOwners;
import io.reliablemessaging.relay.QuarantineReader;
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
    Stages.Outbox reliableMessagingOutboxStage(
            OutboxBacklog backlog,
            ObjectProvider<BacklogGuard> guard,
            OutboxLedger ledger,
            QuarantineReader quarantine) {
        return new Stages.Outbox(backlog, guard.getIfAvailable(), ledger, quarantine);
    }

    @Bean
    Stages.Sending reliableMessagingSendingStage(
            LaneOwners owners, LaneGrowth growth, ObjectProvider<RelayState> relay) {
        return new Stages.Sending(owners, growth, relay.getIfAvailable());
    }

    @Bean
    Stages.Receiving reliableMessagingReceivingStage(
            Listeners listeners, PartitionWatch watch, InboxLedger inbox, InboxStatistics inboxSize) {
        return new Stages.Receiving(listeners, watch, inbox, inboxSize);
    }

    @Bean
    Stages.Parked reliableMessagingParkedStage(SetAsideReader setAside, ParkedQueues queues, MakeDead makeDead) {
        return new Stages.Parked(setAside, queues, makeDead);
    }

    @Bean
    Stages reliableMessagingStages(
            Stages.Outbox outbox,
            Stages.Sending sending,
            ClusterDiagnosis diagnosis,
            RecordSearch search,
            Stages.Receiving receiving,
            Stages.Parked parked,
            TableRights rights) {
        return new Stages(outbox, sending, new Stages.Cluster(diagnosis, search), receiving, parked, rights);
    }

    @Bean
    Counters reliableMessagingCounters() {
        return new Counters();
    }

    @Bean
    FirstMessages reliableMessagingFirstMessages() {
        return new FirstMessages();
    }

    @Bean
    Troubles reliableMessagingTroubles(Stages stages, Infrastructure infrastructure) {
        return new Troubles(stages, infrastructure, InstantSource.system());
    }

    @Bean
    @Lazy(false) // no bean depends on it
    TablesMemory reliableMessagingTablesMemory(Stages stages, Counters counters, Infrastructure infrastructure) {
        TablesMemory memory = new TablesMemory(stages, InstantSource.system(), infrastructure);
        infrastructure.kafka().setWaitingMessages(HeldUp.ofKafka(stages, memory, counters));
        infrastructure.postgres().setWaitingMessages(HeldUp.ofPostgres(stages, counters));
        return memory;
    }

    @Bean
    @Lazy(false) // no bean depends on it
    Watch reliableMessagingWatch(Stages stages, Troubles troubles, Counters counters, Infrastructure infrastructure) {
        return new Watch(stages, troubles, counters, infrastructure);
    }

    @Bean
    @ConditionalOnMissingBean(MessagingOperations.class)
    Operations reliableMessagingOperations(
            Stages stages,
            TablesMemory memory,
            Troubles troubles,
            Counters counters,
            ObjectProvider<DurabilityAudit> audits) {
        Supplier<List<Finding>> findings = () ->
                audits.stream().flatMap(audit -> audit.findings().stream()).toList();
        return new Operations(stages, memory, troubles, counters, findings, InstantSource.system());
    }
}
