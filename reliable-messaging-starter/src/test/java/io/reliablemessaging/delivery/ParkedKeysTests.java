package io.reliablemessaging.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.wire.QueueId;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** A key that may be parked is never taken for one that is not. */
class ParkedKeysTests {

    private final Set<QueueId> table = ConcurrentHashMap.newKeySet();

    private static ReceivedMessage message(String key) {
        WireMessage message = new WireMessage(
                new MessageId(new java.util.UUID(7, key.hashCode())),
                "orders",
                null,
                key.getBytes(UTF_8),
                null,
                new RecordHeaders());
        return new ReceivedMessage("shipping", message, 0, 0, Instant.EPOCH);
    }

    @Test
    void readsTheKeysAndRemembersThoseAdded() {
        table.add(message("a").queue());
        ParkedKeys keys = new ParkedKeys(limit -> new HashSet<>(table));
        assertThat(keys.checkMayBeParked(message("a"))).isTrue();
        assertThat(keys.checkMayBeParked(message("b"))).isFalse();
        keys.add(message("b"));
        assertThat(keys.checkMayBeParked(message("b"))).isTrue();
        keys.remove(message("b"));
        assertThat(keys.checkMayBeParked(message("b"))).isFalse();
    }

    @Test
    void keepsAKeyThatIsAddedWhileTheKeysAreBeingRead() throws Exception {
        CyclicBarrier reading = new CyclicBarrier(2);
        ParkedKeys keys = new ParkedKeys(limit -> {
            Set<QueueId> read = new HashSet<>(table); // as it was before the key was parked
            meet(reading);
            meet(reading);
            return read;
        });
        CompletableFuture<Boolean> asked =
                CompletableFuture.supplyAsync(() -> keys.checkMayBeParked(message("other")), Threads.NEW);
        meet(reading);
        table.add(message("a").queue());
        keys.add(message("a"));
        meet(reading);
        assertThat(asked.join()).isFalse();
        assertThat(keys.checkMayBeParked(message("a"))).isTrue();
    }

    @Test
    void doesNotTrustWhatWasReadBeforeTheLatestAssignment() throws Exception {
        CyclicBarrier reading = new CyclicBarrier(2);
        int[] reads = new int[1];
        ParkedKeys keys = new ParkedKeys(limit -> {
            Set<QueueId> read = new HashSet<>(table);
            if (reads[0]++ == 0) {
                meet(reading);
                meet(reading);
            }
            return read;
        });
        CompletableFuture<Boolean> asked =
                CompletableFuture.supplyAsync(() -> keys.checkMayBeParked(message("a")), Threads.NEW);
        meet(reading);
        table.add(message("a").queue()); // by the former owner of the partition
        keys.forget();
        meet(reading);
        assertThat(asked.join()).isTrue();
    }

    @Test
    void mayHoldAnythingIfThereAreTooMany() {
        ParkedKeys keys = new ParkedKeys(limit -> null);
        assertThat(keys.checkMayBeParked(message("a"))).isTrue();
        keys.add(message("b"));
        keys.remove(message("a"));
        assertThat(keys.checkMayBeParked(message("a"))).isTrue();
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
