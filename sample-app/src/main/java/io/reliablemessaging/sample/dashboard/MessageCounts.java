package io.reliablemessaging.sample.dashboard;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingObserver;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.stereotype.Component;

/** Counts the orders' messages at each stage, since this instance was started. */
@Component
class MessageCounts implements MessagingObserver {

    private static final String TOPIC = "orders";

    private final Map<String, Long> handled = new TreeMap<>();
    private long published;
    private long sent;
    private long duplicates;

    /**
     * The number of messages that have passed each stage.
     *
     * @param published committed with their orders
     * @param sent acknowledged by Kafka
     * @param handled handled by each group
     * @param duplicates dropped, because the group had handled them before
     */
    record Passed(long published, long sent, Map<String, Long> handled, long duplicates) {}

    synchronized Passed passed() {
        return new Passed(published, sent, Map.copyOf(handled), duplicates);
    }

    @Override
    public synchronized void published(MessageId id, String topic) {
        published += topic.equals(TOPIC) ? 1 : 0;
    }

    @Override
    public synchronized void sent(Confirmation confirmation, Duration waited) {
        sent += confirmation.topic().equals(TOPIC) ? 1 : 0;
    }

    @Override
    public synchronized void handled(Delivery delivery) {
        handled.merge(delivery.group(), 1L, Long::sum);
    }

    @Override
    public synchronized void duplicate(Delivery delivery) {
        duplicates++;
    }
}
