package io.reliablemessaging.faults.bank;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutgoingMessage;
import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Numbers a message, notes it in the history and publishes it, all in the transaction that is under way. */
@Component
public class Ledger {

    private final EntityManager entities;
    private final MessagePublisher messages;
    private final BankProperties properties;

    Ledger(EntityManager entities, MessagePublisher messages, BankProperties properties) {
        this.entities = entities;
        this.messages = messages;
        this.properties = properties;
    }

    public void post(String topic, Transfer transfer, String kind) {
        post(topic, transfer, kind, null);
    }

    void post(String topic, Transfer transfer, String kind, @Nullable Instant due) {
        note(topic, transfer, kind, due);
        publish(topic, transfer, due);
    }

    void publish(String topic, Transfer transfer, @Nullable Instant due) {
        messages.publish(OutgoingMessage.to(topic)
                .key(transfer.key())
                .id(new MessageId(transfer.token()))
                .payload(transfer)
                .deliverAt(due)
                .build());
    }

    /** Waits for the account's lock. */
    void note(String topic, Transfer transfer, String kind, @Nullable Instant due) {
        Account account = Objects.requireNonNull(
                entities.find(Account.class, Account.id(topic, transfer.key()), LockModeType.PESSIMISTIC_WRITE));
        entities.persist(new Posting(transfer, topic, account.next(), kind, properties.instance(), due));
    }
}
