package io.reliablemessaging.operations;

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
import io.reliablemessaging.relay.RelayState;
import io.reliablemessaging.schema.TableRights;
import org.jspecify.annotations.Nullable;

/**
 * The readers and commands of all stages.
 *
 * @param outbox tells what waits in the outbox
 * @param sending tells which instance sends what
 * @param cluster asks Kafka
 * @param receiving tells how far the listeners are
 * @param parked reads and changes failed messages
 * @param tables tells what concerns all tables
 */
record StageReaders(
        Outbox outbox, Sending sending, Cluster cluster, Receiving receiving, Parked parked, Tables tables) {

    /**
     * The tables of messages that are not sent yet.
     *
     * @param backlog tells what waits
     * @param guard tells whether that is too old; null if there is no limit
     * @param ledger tells what the outbox knows of a message
     * @param quarantine tells what the broker has refused
     */
    record Outbox(
            OutboxBacklog backlog, @Nullable BacklogGuard guard, OutboxLedger ledger, QuarantineReader quarantine) {}

    /**
     * The instances that send.
     *
     * @param owners tells who owns which lane
     * @param growth adds lanes
     * @param relay of this instance; null if it has none
     */
    record Sending(
            LaneOwners owners, LaneGrowth growth, @Nullable RelayState relay) {}

    /**
     * Questions to Kafka.
     *
     * @param diagnosis tells why Kafka takes nothing
     * @param search finds a message in a topic
     */
    record Cluster(ClusterDiagnosis diagnosis, RecordSearch search) {}

    /**
     * The listeners and what they remember.
     *
     * @param listeners of this instance
     * @param pauses pause listeners in all instances
     * @param history tells how far groups are in their partitions
     * @param inbox tells what the inbox knows of a message
     * @param inboxSize tells how much is remembered
     */
    record Receiving(
            Listeners listeners,
            ListenerPauses pauses,
            PartitionHistory history,
            InboxLedger inbox,
            InboxStatistics inboxSize) {}

    /**
     * Parked messages and dead letters.
     *
     * @param deadLetters reads parked messages and dead letters
     * @param queues tells which wait, and what was wrong with them
     * @param makeDead makes them dead letters
     */
    record Parked(ParkedCounts deadLetters, ParkedQueues queues, MakeDead makeDead) {}

    /**
     * What concerns all tables.
     *
     * @param rights tells what the role of this application may do
     * @param log tells what people did
     */
    record Tables(TableRights rights, OperationLogReader log) {}
}
