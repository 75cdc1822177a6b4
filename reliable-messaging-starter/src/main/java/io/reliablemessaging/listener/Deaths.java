package io.reliablemessaging.listener;

import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.inbox.PartitionWatch;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * Finds a record that ends the process before any failure can be counted. Costs one statement when a partition is assigned;
 * only if consumers in a row have died at one place are the next records handled one at a time, each noted before.
 */
final class Deaths {

    private static final Logger log = LoggerFactory.getLogger(Deaths.class);

    // a first death may have been anything
    private static final int SUSPICIOUS = 2;
    private static final int TRIES = 2;
    private static final int CAREFUL_RECORDS = 100;

    private final PartitionWatch watch;
    private final ListenerSettings settings;

    Deaths(PartitionWatch watch, ListenerSettings settings) {
        this.watch = watch;
        this.settings = settings;
    }

    /** A partition was assigned: before which offset its records are suspects. */
    long carefulBefore(TopicPartition partition, long position) {
        int deaths;
        try {
            deaths = watch.begin(settings.group(), partition.topic(), partition.partition(), position);
        } catch (DataAccessException e) {
            log.debug("Not known how the last consumer of {} ended", partition, e);
            return position;
        }
        if (deaths < SUSPICIOUS) {
            return position;
        }
        log.warn(
                "{} consumers of group {} in a row have died at {} offset {}; the next records are handled one at a time",
                deaths,
                settings.group(),
                partition,
                position);
        return position + CAREFUL_RECORDS;
    }

    /** The partition was handed over in an orderly way. */
    void handedOver(TopicPartition partition) {
        try {
            watch.end(settings.group(), partition.topic(), partition.partition());
        } catch (DataAccessException e) {
            log.debug("Not noted that the consumer of {} ended well", partition, e);
        }
    }

    /** Notes a suspect that is about to be handled; if it was noted too often before, it is guilty. */
    Optional<Throwable> judge(ReceivedMessage message) {
        int tries = watch.suspect(settings.group(), message.message().topic(), message.partition(), message.offset());
        return tries <= TRIES
                ? Optional.empty()
                : Optional.of(
                        new ConsumerDiedException("%d consumers in a row died while handling it".formatted(tries - 1)));
    }
}
