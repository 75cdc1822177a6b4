package io.reliablemessaging.listener;

import io.reliablemessaging.broker.TopicIds;
import io.reliablemessaging.deadletter.ParkedMessages;
import io.reliablemessaging.deadletter.ParkedQueues;
import io.reliablemessaging.deadletter.ParkedSignal;
import io.reliablemessaging.inbox.Inbox;
import io.reliablemessaging.inbox.InboxRetention;
import io.reliablemessaging.inbox.PartitionWatch;
import io.reliablemessaging.outbox.Outbox;
import io.reliablemessaging.wire.PayloadCodec;

/**
 * What deliveries read and write.
 *
 * @param inbox who has taken charge
 * @param retention what the inbox can still know of
 * @param watch how consumers of partitions ended
 * @param parked messages that are set aside
 * @param queues those that are due
 * @param parkedSignal says that some may be
 * @param outbox where dead-letter records leave
 * @param codec payloads
 * @param topicIds which topic is which
 */
record ListenerStores(
        Inbox inbox,
        InboxRetention retention,
        PartitionWatch watch,
        ParkedMessages parked,
        ParkedQueues queues,
        ParkedSignal parkedSignal,
        Outbox outbox,
        PayloadCodec codec,
        TopicIds topicIds) {}
