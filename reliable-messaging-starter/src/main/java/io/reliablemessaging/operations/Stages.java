package io.reliablemessaging.operations;

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
import io.reliablemessaging.relay.LaneGrowth;
import io.reliablemessaging.relay.LaneOwners;
import io.reliablemessaging.relay.QuarantineReader;
import io.reliablemessaging.relay.RelayState;
import io.reliablemessaging.schema.TableRights;
import org.jspecify.annotations.Nullable;

/**
 * All that can be asked.
 *
 * @param backlog what waits in the outbox
 * @param guard whether that is too old; null if nobody looks
 * @param outbox what the outbox knows of a message
 * @param owners who sends what
 * @param growth adds lanes
 * @param quarantine what the broker has refused
 * @param relay of this instance; null if it has none
 * @param cluster why Kafka takes nothing
 * @param search looks for a message on Kafka
 * @param rights what the role of this application may do
 * @param inboxSize how much is remembered
 * @param watch how far groups are in their partitions
 * @param inbox what the inbox knows of a message
 * @param setAside what failed
 * @param parked messages that wait, and what was wrong with them
 * @param makeDead makes messages dead letters
 * @param listeners of this instance
 */
record Stages(
        OutboxBacklog backlog,
        @Nullable BacklogGuard guard,
        OutboxLedger outbox,
        LaneOwners owners,
        LaneGrowth growth,
        QuarantineReader quarantine,
        @Nullable RelayState relay,
        ClusterDiagnosis cluster,
        RecordSearch search,
        TableRights rights,
        InboxStatistics inboxSize,
        PartitionWatch watch,
        InboxLedger inbox,
        SetAsideReader setAside,
        ParkedQueues parked,
        MakeDead makeDead,
        Listeners listeners) {}
