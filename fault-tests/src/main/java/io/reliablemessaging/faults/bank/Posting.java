package io.reliablemessaging.faults.bank;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A line of the history: this message was published by a transaction that has committed. */
@Entity
@Table(schema = "bank")
@SuppressWarnings("unused") // JPA reads the fields
class Posting {

    @Id
    private UUID token = new UUID(0, 0);

    private String topic = "";
    private String key = "";
    private long seq;
    private int failures;
    private String kind = "";
    private String instance = "";
    private @Nullable Instant due;

    protected Posting() {}

    Posting(Transfer transfer, String topic, long seq, String kind, String instance, @Nullable Instant due) {
        this.token = transfer.token();
        this.topic = topic;
        this.key = transfer.key();
        this.seq = seq;
        this.failures = transfer.failures();
        this.kind = kind;
        this.instance = instance;
        this.due = due;
    }
}
