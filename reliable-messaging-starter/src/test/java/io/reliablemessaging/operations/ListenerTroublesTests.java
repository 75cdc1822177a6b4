package io.reliablemessaging.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.MessagingSnapshot.Listener.Outage;
import io.reliablemessaging.MessagingSnapshot.Listener.RunningHandler;
import io.reliablemessaging.MessagingSnapshot.Listener.State;
import io.reliablemessaging.Trouble.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is a trouble of a listener, and what is said about it. */
class ListenerTroublesTests {

    private static final MessageId MESSAGE = MessageId.at(Instant.EPOCH);
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @Test
    void aListenerThatWorksIsNone() {
        assertThat(signs(State.RUNNING, null, null, null, handler(LIMIT))).isEmpty();
        assertThat(signs(State.STOPPED, null, null, null, null)).isEmpty();
    }

    @Test
    void aHandlerThatRunsForTooLongIsNamedWithListenerTimeAndMessage() {
        assertThat(signs(State.RUNNING, null, null, null, handler(LIMIT.plusSeconds(1))))
                .containsExactly(new ObservedTrouble(
                        Kind.HANDLER_RUNS_LONG,
                        "billing",
                        "handler of listener billing runs for 2 min 1 s at message %s (orders-2@4711)"
                                .formatted(MESSAGE)));
    }

    @Test
    void whatKeepsAListenerFromReadingOnIsNamed() {
        assertThat(signs(State.RUNNING, null, null, "no memory", null))
                .containsExactly(new ObservedTrouble(
                        Kind.READING_LIMITED, "billing", "it reads nothing more for now: no memory"));
    }

    @Test
    void aListenerThatAnErrorHasStoppedSaysWhatToDo() {
        assertThat(signs(
                        State.FAILED,
                        "java.lang.OutOfMemoryError while reading from orders-2@4711 on",
                        null,
                        null,
                        null))
                .singleElement()
                .satisfies(sign -> {
                    assertThat(sign.kind()).isEqualTo(Kind.LISTENER_STOPPED);
                    assertThat(sign.what()).contains("orders-2@4711", "start it again", "MessagingOperations.skip");
                });
    }

    @Test
    void allThatIsWrongIsTold() {
        assertThat(signs(
                        State.RUNNING,
                        "no such topic",
                        new Outage("The database", Instant.EPOCH, "refused"),
                        "no memory",
                        handler(LIMIT.plusSeconds(1))))
                .extracting(ObservedTrouble::kind)
                .containsExactlyInAnyOrder(
                        Kind.LISTENER_CANNOT_READ, Kind.LISTENER_WAITS, Kind.HANDLER_RUNS_LONG, Kind.READING_LIMITED);
    }

    @Test
    void whatAPausedListenerWaitsForIsNoTroubleButAHandlerThatHangsIs() {
        Listener paused = new Listener(
                "billing",
                "billing",
                List.of("orders"),
                State.PAUSED,
                null,
                2,
                1_000_000L,
                5,
                new Outage("What the handler needs", Instant.EPOCH, "refused"),
                0,
                0,
                "no memory",
                handler(LIMIT.plusSeconds(1)),
                new Listener.Pause(Instant.EPOCH, "olive", "a bug"));
        assertThat(ListenerTroubles.of(paused, LIMIT, false))
                .extracting(ObservedTrouble::kind)
                .containsExactly(Kind.HANDLER_RUNS_LONG);
    }

    private static RunningHandler handler(Duration duration) {
        return new RunningHandler(MESSAGE, "orders-2@4711", duration);
    }

    private static List<ObservedTrouble> signs(
            State state,
            @Nullable String error,
            @Nullable Outage outage,
            @Nullable String readingLimit,
            @Nullable RunningHandler longest) {
        return ListenerTroubles.of(
                new Listener(
                        "billing",
                        "billing",
                        List.of("orders"),
                        state,
                        error,
                        1,
                        0L,
                        5,
                        outage,
                        0,
                        0,
                        readingLimit,
                        longest),
                LIMIT,
                false);
    }
}
