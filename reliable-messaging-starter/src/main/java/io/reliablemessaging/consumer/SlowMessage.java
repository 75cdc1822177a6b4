package io.reliablemessaging.consumer;

import io.reliablemessaging.delivery.MessageText;
import java.time.Duration;

/**
 * The first message of a line, which the others of the line wait for.
 *
 * @param offset its offset
 * @param key names its key in log lines
 * @param since how long it has been the first of its line
 * @param behind how many messages wait behind it
 * @param bytes memory of all messages of the line
 */
record SlowMessage(long offset, String key, Duration since, int behind, long bytes) {

    static SlowMessage of(Line line) {
        LineEntry first = line.entries().element();
        return new SlowMessage(
                first.record().offset(),
                MessageText.key(first.record().key()),
                Duration.ofNanos(System.nanoTime() - line.firstSince()),
                line.entries().size() - 1,
                line.entries().stream().mapToLong(LineEntry::bytes).sum());
    }
}
