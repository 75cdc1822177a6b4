package io.reliablemessaging.delivery;

import io.reliablemessaging.deadletter.ParkedMessages;
import io.reliablemessaging.deadletter.ParkedQueues;
import io.reliablemessaging.inbox.Inbox;
import io.reliablemessaging.inbox.PartitionWatch;
import io.reliablemessaging.outbox.Outbox;

/**
 * What deliveries read and write.
 *
 * @param inbox who has taken charge
 * @param watch how consumers of partitions ended, and how far they are
 * @param parked messages that are parked, or dead
 * @param queues parked messages that are due
 * @param outbox where dead-letter records leave
 */
public record ListenerStores(
        Inbox inbox, PartitionWatch watch, ParkedMessages parked, ParkedQueues queues, Outbox outbox) {}
