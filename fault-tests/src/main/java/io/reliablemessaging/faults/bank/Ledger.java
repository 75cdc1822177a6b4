package io.reliablemessaging.faults.bank;

import io.reliablemessaging.MessagePublisher;
import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import java.util.Objects;
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
        note(topic, transfer, kind);
        publish(topic, transfer);
    }

    void publish(String topic, Transfer transfer) {
        messages.publish(topic, transfer.key(), transfer);
    }

    /** Waits for the account's lock. */
    void note(String topic, Transfer transfer, String kind) {
        Account account = Objects.requireNonNull(
                entities.find(Account.class, Account.id(topic, transfer.key()), LockModeType.PESSIMISTIC_WRITE));
        entities.persist(new Posting(transfer, topic, account.next(), kind, properties.instance()));
    }
}
