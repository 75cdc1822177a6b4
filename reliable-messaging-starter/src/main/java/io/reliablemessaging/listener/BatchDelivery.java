package io.reliablemessaging.listener;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.inbox.Inbox;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Handles messages that have arrived together in one transaction, with one inbox statement. All or nothing: if any of them
 * fails, nothing has happened and they are to be delivered one by one.
 */
final class BatchDelivery {

    private static final Logger log = LoggerFactory.getLogger(BatchDelivery.class);

    private final ListenerSettings settings;
    private final Invocation invocation;
    private final TransactionTemplate handling;
    private final Inbox inbox;
    private final ParkedKeys parkedKeys;

    BatchDelivery(
            ListenerSettings settings,
            Invocation invocation,
            TransactionTemplate handling,
            Inbox inbox,
            ParkedKeys parkedKeys) {
        this.settings = settings;
        this.invocation = invocation;
        this.handling = handling;
        this.inbox = inbox;
        this.parkedKeys = parkedKeys;
    }

    /**
     * Handles messages of one topic.
     *
     * @return those that were handled, the others being duplicates; empty if the messages are to be delivered one by one
     */
    Optional<List<ReceivedMessage>> handle(List<ReceivedMessage> messages) {
        try {
            if (messages.stream().anyMatch(parkedKeys::mayHold)) {
                return Optional.empty();
            }
            List<ReceivedMessage> handled = Objects.requireNonNull(handling.execute(status -> handleNew(messages)));
            messages.stream().filter(message -> !handled.contains(message)).forEach(parkedKeys::add);
            return Optional.of(handled);
        } catch (RuntimeException e) {
            log.debug("Listener {} delivers {} messages one by one", settings.id(), messages.size(), e);
            return Optional.empty();
        }
    }

    private List<ReceivedMessage> handleNew(List<ReceivedMessage> messages) {
        List<MessageId> ids =
                messages.stream().map(message -> message.message().id()).toList();
        Set<MessageId> taken =
                inbox.takeAll(settings.group(), messages.get(0).message().topic(), ids, settings.transactionLimit());
        List<ReceivedMessage> handled = new ArrayList<>(messages.size());
        for (ReceivedMessage message : messages) {
            if (taken.remove(message.message().id())) {
                invocation.call(message, 1);
                handled.add(message);
            }
        }
        return handled;
    }
}
