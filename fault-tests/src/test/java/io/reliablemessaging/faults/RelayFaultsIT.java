package io.reliablemessaging.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RelayFaultsIT {

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void losesAndReordersNothing(int instances) throws Exception {
        try (Site site =
                Site.start(Path.of("target", "faults", "relay-" + instances).toAbsolutePath())) {
            for (int i = 0; i < instances; i++) {
                site.add("producer-" + i, "bank.threads=2", "bank.seed=" + i, "reliable-messaging.relay.lease=2s");
            }
            site.startAll();
            site.beginWork();
            Rest.await("500 messages", () -> {
                long n = site.jdbc()
                        .sql("select count(*) from bank.posting")
                        .query(Long.class)
                        .single();
                return n > 500 ? null : n;
            });
            site.endWork();
            Rest.await("an empty outbox", () -> {
                long n = site.jdbc()
                        .sql("select count(*) from reliable_messaging.outbox_message")
                        .query(Long.class)
                        .single();
                return n == 0 ? null : n;
            });
            History history = new Historian(site, Map.of("transfers", List.of())).collect();
            assertThat(history.committed()).isNotEmpty();
            assertThat(Checker.judge(history)).isEmpty();
        }
    }
}
