package io.reliablemessaging.delivery;

import io.reliablemessaging.deadletter.ParkedMessages;
import io.reliablemessaging.deadletter.ParkedQueues;
import io.reliablemessaging.inbox.Inbox;
import io.reliablemessaging.inbox.PartitionHistory;
import io.reliablemessaging.publish.Outbox;

/**
 * The tables that deliveries read and write.
 *
 * @param inbox messages that the group has taken charge of
 * @param history progress of partitions and crashes of their consumers
 * @param parked parked messages and dead letters
 * @param queues claims of parked messages that are due
 * @param outbox sends the records of dead-letter topics
 */
public record ListenerStores(
        Inbox inbox, PartitionHistory history, ParkedMessages parked, ParkedQueues queues, Outbox outbox) {}
