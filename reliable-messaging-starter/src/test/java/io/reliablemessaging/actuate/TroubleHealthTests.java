package io.reliablemessaging.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessageTrace;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.MessagingSnapshot;
import io.reliablemessaging.MessagingSnapshot.Capacity;
import io.reliablemessaging.Trouble;
import io.reliablemessaging.Trouble.Kind;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Status;

/** Which trouble is which health. */
class TroubleHealthTests {

    private static final Set<Kind> ALL = EnumSet.allOf(Kind.class);

    private static final Capacity CAPACITY = new Capacity(6, 5, 1000, 2000);

    @Test
    void thatOfListenersTellsHowTheyAre() {
        for (Kind[] troubles : new Kind[][] {{}, {Kind.LISTENER_WAITS}}) {
            assertThat(new HealthAutoConfiguration()
                            .reliableMessagingListenersHealthIndicator(withTrouble(troubles))
                            .health()
                            .getDetails())
                    .containsEntry("listeners", List.of())
                    .containsEntry("capacity", CAPACITY);
        }
    }

    @Test
    void withoutTroubleItIsUp() {
        assertThat(status(ALL)).isEqualTo(Status.UP);
    }

    @Test
    void whatStaysUntilAPersonActsIsDown() {
        assertThat(status(ALL, Kind.LISTENER_STOPPED)).isEqualTo(Status.DOWN);
        assertThat(status(ALL, Kind.RELAY_REFUSED)).isEqualTo(Status.DOWN);
        assertThat(status(ALL, Kind.RELAY_STALLED, Kind.RELAY_REFUSED)).isEqualTo(Status.DOWN);
    }

    @Test
    void whatEndsByItselfIsDegraded() {
        Set<Kind> rest =
                EnumSet.complementOf(EnumSet.of(Kind.LISTENER_STOPPED, Kind.RELAY_REFUSED, Kind.RIGHT_MISSING));
        assertThat(rest).allSatisfy(kind -> assertThat(status(ALL, kind)).isEqualTo(TroubleHealth.DEGRADED));
    }

    @Test
    void troubleOfOtherKindsIsSomebodyElses() {
        assertThat(status(EnumSet.of(Kind.RELAY_STALLED), Kind.LISTENER_STOPPED))
                .isEqualTo(Status.UP);
    }

    @Test
    void eachKindBelongsToOneIndicatorAndAnOutageToBoth() {
        HealthAutoConfiguration wiring = new HealthAutoConfiguration();
        for (Kind kind : Kind.values()) {
            MessagingOperations operations = withTrouble(kind);
            boolean both = kind == Kind.POSTGRES_AWAY || kind == Kind.KAFKA_AWAY;
            assertThat(Stream.of(
                                    wiring.reliableMessagingSendingHealthIndicator(operations)
                                            .health()
                                            .getStatus(),
                                    wiring.reliableMessagingListenersHealthIndicator(operations)
                                            .health()
                                            .getStatus())
                            .filter(Status.UP::equals))
                    .as(kind.name())
                    .hasSize(both ? 0 : 1);
        }
    }

    private static Status status(Set<Kind> kinds, Kind... troubles) {
        return new TroubleHealth(withTrouble(troubles), kinds, Map::of).health().getStatus();
    }

    private static MessagingOperations withTrouble(Kind... kinds) {
        return new MessagingOperations() {
            @Override
            public MessagingSnapshot snapshot() {
                throw new UnsupportedOperationException("health asks nobody");
            }

            @Override
            public List<Trouble> troubles() {
                return List.of(kinds).stream()
                        .map(kind -> new Trouble(kind, "here", "something", Instant.EPOCH))
                        .toList();
            }

            @Override
            public List<MessagingSnapshot.Listener> listeners() {
                return List.of();
            }

            @Override
            public Optional<Capacity> capacity() {
                return Optional.of(CAPACITY);
            }

            @Override
            public void skip(String group, String topic, int partition, long offset, String who) {
                throw new UnsupportedOperationException("health changes nothing");
            }

            @Override
            public void growLanes(int lanes, String who) {
                throw new UnsupportedOperationException("health changes nothing");
            }

            @Override
            public MessageTrace trace(MessageId id) {
                throw new UnsupportedOperationException("health asks nobody");
            }
        };
    }
}
