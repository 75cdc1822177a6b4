package io.reliablemessaging.faults.bank;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.ReliableListener;
import java.util.Objects;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The handlers. Each leaves an effect in the database, and a line in the diary whether it succeeds or not. */
@Component
@ConditionalOnProperty("bank.consume")
class Bookings {

    static final String RECEIPTS = "receipts";

    private static final String LOCK_TALLY = """
            insert into bank.tally (consumer_group, topic, key, effects)
            values (:group, :topic, :key, 1)
            on conflict (consumer_group, topic, key) do update set effects = tally.effects + 1
            """;

    private static final String EFFECT = """
            insert into bank.effect (consumer_group, topic, key, token, attempt, instance)
            values (:group, :topic, :key, :token, :attempt, :instance)
            """;

    private final Ledger ledger;
    private final JdbcClient jdbc;
    private final Diary diary;
    private final BankProperties properties;

    Bookings(Ledger ledger, JdbcClient jdbc, Diary diary, BankProperties properties) {
        this.ledger = ledger;
        this.jdbc = jdbc;
        this.diary = diary;
        this.properties = properties;
    }

    private static final class HandlerFailure extends RuntimeException {}

    @ReliableListener(topics = Transfers.TOPIC, groupId = "booking")
    void book(IncomingMessage<Transfer> message) {
        Transfer transfer = take("booking", message);
        if (transfer.receipt()) {
            ledger.post(RECEIPTS, Transfer.of(transfer.key()), "RECEIPT");
        }
    }

    @ReliableListener(topics = RECEIPTS, groupId = "audit")
    void audit(IncomingMessage<Transfer> message) {
        take("audit", message);
    }

    private Transfer take(String group, IncomingMessage<Transfer> message) {
        Transfer transfer = Objects.requireNonNull(message.payload());
        diary.note("entered", group, transfer.token(), message.attempt());
        write(group, message, transfer);
        if (transfer.failsAt(message.attempt()) && !isRepaired(transfer)) {
            throw new HandlerFailure();
        }
        return transfer;
    }

    private boolean isRepaired(Transfer transfer) {
        return properties.repaired()
                || jdbc.sql("select 1 from bank.repaired where token = :token")
                        .param("token", transfer.token())
                        .query(Integer.class)
                        .optional()
                        .isPresent();
    }

    private void write(String group, IncomingMessage<Transfer> message, Transfer transfer) {
        for (String sql : new String[] {LOCK_TALLY, EFFECT}) {
            jdbc.sql(sql)
                    .param("group", group)
                    .param("topic", message.topic())
                    .param("key", transfer.key())
                    .param("token", transfer.token())
                    .param("attempt", message.attempt())
                    .param("instance", properties.instance())
                    .update();
        }
    }
}
