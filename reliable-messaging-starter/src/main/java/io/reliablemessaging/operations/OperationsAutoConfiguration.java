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

/** Wires the view of all stages. */
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
    Stages reliableMessagingStages(
            OutboxBacklog backlog,
            ObjectProvider<BacklogGuard> guard,
            OutboxLedger outbox,
            LaneOwners owners,
            LaneGrowth growth,
            QuarantineReader quarantine,
            ObjectProvider<RelayState> relay,
            ClusterDiagnosis cluster,
            RecordSearch search,
            TableRights rights,
            InboxStatistics inboxSize,
            PartitionWatch watch,
            InboxLedger inbox,
            SetAsideReader setAside,
            ParkedQueues parked,
            MakeDead makeDead,
            Listeners listeners) {
        return new Stages(
                backlog,
                guard.getIfAvailable(),
                outbox,
                owners,
                growth,
                quarantine,
                relay.getIfAvailable(),
                cluster,
                search,
                rights,
                inboxSize,
                watch,
                inbox,
                setAside,
                parked,
                makeDead,
                listeners);
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
    @Lazy(false) // nobody asks for it
    TablesMemory reliableMessagingTablesMemory(Stages stages, Counters counters, Infrastructure infrastructure) {
        TablesMemory memory = new TablesMemory(stages, InstantSource.system(), infrastructure);
        infrastructure.kafka().waiting(HeldUp.ofKafka(stages, memory, counters));
        infrastructure.postgres().waiting(HeldUp.ofPostgres(stages, counters));
        return memory;
    }

    @Bean
    @Lazy(false) // nobody asks for it
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
