package io.reliablemessaging.lines;

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
public record SlowMessage(long offset, String key, Duration since, int behind, long bytes) {

    static SlowMessage of(KeyLine keyLine) {
        LineEntry first = keyLine.entries().element();
        return new SlowMessage(
                first.record().offset(),
                MessageText.key(first.record().key()),
                Duration.ofNanos(System.nanoTime() - keyLine.firstSince()),
                keyLine.entries().size() - 1,
                keyLine.entries().stream().mapToLong(LineEntry::bytes).sum());
    }
}
