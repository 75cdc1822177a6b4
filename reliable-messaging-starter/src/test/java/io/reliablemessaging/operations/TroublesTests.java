package io.reliablemessaging.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.MessagingSnapshot.Listener.Outage;
import io.reliablemessaging.MessagingSnapshot.Listener.State;
import io.reliablemessaging.Trouble;
import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.deadletter.MakeDead;
import io.reliablemessaging.deadletter.ParkedCounts;
import io.reliablemessaging.deadletter.ParkedQueues;
import io.reliablemessaging.deadletter.ParkedQueues.Adopted;
import io.reliablemessaging.listener.Listeners;
import io.reliablemessaging.publish.BacklogGuard;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.reachability.Reachability;
import io.reliablemessaging.reachability.Reachability.Away;
import io.reliablemessaging.relay.RelayState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is wrong now, since when, and what only follows from something that is told already. */
class TroublesTests {

    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant LONG_AGO = BEGIN.minusSeconds(3600);

    private final StageReaders stageReaders = mock(StageReaders.class);
    private final StageReaders.Outbox outbox = mock(StageReaders.Outbox.class);
    private final StageReaders.Sending sending = mock(StageReaders.Sending.class);
    private final StageReaders.Receiving receiving = mock(StageReaders.Receiving.class);
    private final RelayState relay = mock(RelayState.class);
    private final Listeners listeners = mock(Listeners.class);
    private final ParkedQueues parked = mock(ParkedQueues.class);
    private final Reachability postgres = mock(Reachability.class);
    private final Reachability kafka = mock(Reachability.class);
    private Instant now = BEGIN;
    private final Troubles troubles = new Troubles(stageReaders, new Infrastructure(postgres, kafka), () -> now);

    @BeforeEach
    void allIsWell() {
        when(stageReaders.outbox()).thenReturn(outbox);
        when(stageReaders.sending()).thenReturn(sending);
        when(sending.relay()).thenReturn(relay);
        when(stageReaders.receiving()).thenReturn(receiving);
        when(receiving.listeners()).thenReturn(listeners);
        when(stageReaders.parked())
                .thenReturn(new StageReaders.Parked(mock(ParkedCounts.class), parked, mock(MakeDead.class)));
        when(parked.adopted()).thenReturn(new Adopted(0, null));
        when(listeners.handlerLimit(any())).thenReturn(Duration.ofMinutes(2));
        when(listeners.shortage(any())).thenReturn(Optional.empty());
        when(postgres.away()).thenReturn(Optional.empty());
        when(postgres.refusal()).thenReturn(Optional.empty());
        when(kafka.away()).thenReturn(Optional.empty());
        when(relay.heldTopics()).thenReturn(Set.of());
    }

    @Test
    void withoutATroubleThereIsNone() {
        assertThat(troubles.collect()).isEmpty();
        when(sending.relay()).thenReturn(null);
        assertThat(troubles.collect()).isEmpty();
    }

    @Test
    void aTroubleBeganWhenItWasFirstNoticedAndAfterItsEndItIsANewOne() {
        when(relay.trouble()).thenReturn("it cannot read");
        assertThat(since(Kind.RELAY_FAILING)).isEqualTo(BEGIN);
        now = BEGIN.plusSeconds(60);
        when(relay.trouble()).thenReturn("it still cannot read");
        assertThat(since(Kind.RELAY_FAILING)).isEqualTo(BEGIN);
        when(relay.trouble()).thenReturn(null);
        assertThat(troubles.collect()).isEmpty();
        when(relay.trouble()).thenReturn("it cannot read");
        assertThat(since(Kind.RELAY_FAILING)).isEqualTo(now);
    }

    @Test
    void whoeverKnowsBetterSinceWhenIsBelieved() {
        when(postgres.away()).thenReturn(Optional.of(new Away(LONG_AGO, "connection refused")));
        assertThat(since(Kind.POSTGRES_AWAY)).isEqualTo(LONG_AGO);
    }

    @Test
    void whatWasSeenInTheTablesStaysUntilTheyAreReadAgain() {
        troubles.note(List.of(new ObservedTrouble(Kind.LANES_WITHOUT_OWNER, "outbox", "no instance")));
        now = BEGIN.plusSeconds(5);
        assertThat(since(Kind.LANES_WITHOUT_OWNER)).isEqualTo(BEGIN);
        troubles.note(List.of());
        assertThat(troubles.collect()).isEmpty();
    }

    @Test
    void whatFollowsFromAnOutageOfTheDatabaseIsNotTold() {
        when(relay.trouble()).thenReturn("it cannot read");
        listens("The database");
        troubles.note(List.of(
                new ObservedTrouble(Kind.TABLES_UNREADABLE, "database", "no answer"),
                new ObservedTrouble(Kind.RELAY_STALLED, "relay", "not taken"),
                new ObservedTrouble(Kind.LANES_WITHOUT_OWNER, "outbox", "no instance")));
        away(postgres);
        assertThat(kinds()).containsExactly(Kind.POSTGRES_AWAY, Kind.LANES_WITHOUT_OWNER);
    }

    @Test
    void whatAHandlerNeedsIsToldDuringAnOutageOfTheDatabase() {
        listens("What shipping needs");
        away(postgres);
        assertThat(kinds()).containsExactly(Kind.POSTGRES_AWAY, Kind.LISTENER_WAITS);
    }

    @Test
    void anOutageOfKafkaExplainsOnlyThatNothingIsTaken() {
        when(relay.trouble()).thenReturn("it cannot read");
        troubles.note(List.of(
                new ObservedTrouble(Kind.RELAY_STALLED, "relay", "not taken"),
                new ObservedTrouble(Kind.TABLES_UNREADABLE, "database", "no answer")));
        away(kafka);
        assertThat(kinds()).containsExactly(Kind.KAFKA_AWAY, Kind.RELAY_FAILING, Kind.TABLES_UNREADABLE);
    }

    @Test
    void theGravestIsFirstAndOfAKindTheyAreSorted() {
        when(relay.heldTopics()).thenReturn(Set.of("payments", "orders"));
        when(relay.whyHeld("orders")).thenReturn("it is missing");
        when(relay.refusal()).thenReturn("not authorised");
        when(relay.whyAside()).thenReturn("others can send");
        List<Trouble> all = troubles.collect();
        assertThat(all)
                .extracting(Trouble::kind)
                .containsExactly(Kind.RELAY_REFUSED, Kind.RELAY_ASIDE, Kind.TOPIC_HELD, Kind.TOPIC_HELD);
        assertThat(all.subList(2, 4)).extracting(Trouble::where).containsExactly("orders", "payments");
        assertThat(all.get(2).what()).endsWith(": it is missing");
        assertThat(all.get(3).what()).endsWith("other topics go on");
    }

    @Test
    void aBacklogIsTroubleOnlyWhileItIsTooOld() {
        BacklogGuard guard = mock(BacklogGuard.class);
        when(outbox.guard()).thenReturn(guard);
        when(guard.limit()).thenReturn(Duration.ofMinutes(5));
        assertThat(troubles.collect()).isEmpty();
        when(guard.isExceeded()).thenReturn(true);
        assertThat(kinds()).containsExactly(Kind.BACKLOG_TOO_OLD);
    }

    @Test
    void messagesThatWerePutBackInLineAreShownForAnHour() {
        when(parked.adopted()).thenReturn(new Adopted(3, BEGIN));
        now = BEGIN.plusSeconds(3599);
        assertThat(since(Kind.PARKED_MESSAGES_ADOPTED)).isEqualTo(BEGIN);
        now = BEGIN.plusSeconds(3600);
        assertThat(troubles.collect()).isEmpty();
    }

    @Test
    void aMissingRightAndAShortageAreTold() {
        when(postgres.refusal()).thenReturn(Optional.of("password rejected"));
        when(listeners.shortage(any())).thenReturn(Optional.of("the pool is too small"));
        assertThat(kinds()).containsExactly(Kind.RIGHT_MISSING, Kind.HANDLERS_LIMITED);
    }

    private void listens(String waitsFor) {
        Listener listener = new Listener(
                "shipping",
                "shipping",
                List.of("orders"),
                State.RUNNING,
                null,
                1,
                0L,
                5,
                new Outage(waitsFor, LONG_AGO, "away"),
                0,
                0,
                null,
                null);
        when(listeners.all()).thenReturn(List.of(listener));
    }

    private static void away(Reachability what) {
        when(what.isAway()).thenReturn(true);
        when(what.away()).thenReturn(Optional.of(new Away(LONG_AGO, "no answer")));
    }

    private List<Kind> kinds() {
        return troubles.collect().stream().map(Trouble::kind).toList();
    }

    private Instant since(Kind kind) {
        return troubles.collect().stream()
                .filter(trouble -> trouble.kind() == kind)
                .findFirst()
                .orElseThrow()
                .since();
    }
}
