package io.reliablemessaging.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.DeadLetterDetails.Action;
import io.reliablemessaging.MessageTrace.Handling;
import io.reliablemessaging.MessageTrace.Sending;
import io.reliablemessaging.MessageTrace.Sending.Stage;
import io.reliablemessaging.broker.RecordSearch;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a person reads who asks where a message is. */
class TraceDescriptionTests {

    private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void eachStageOfTheWayToKafkaHasASentence() {
        assertThat(sending(Stage.DELAYED, null, null, AT, null)).isEqualTo("to be sent to orders at " + AT);
        assertThat(sending(Stage.OUTBOX, null, null, null, null)).isEqualTo("in the outbox, to be sent to orders");
        assertThat(sending(Stage.QUARANTINE, null, null, null, "too large"))
                .isEqualTo("in quarantine for orders: too large");
        assertThat(sending(Stage.QUARANTINE, null, null, null, null))
                .isEqualTo("in quarantine for orders, behind another message of its key");
        assertThat(sending(Stage.SENT, 2, 4711L, null, null)).isEqualTo("sent to orders, partition 2, offset 4711");
        assertThat(sending(Stage.SENT, null, null, null, null)).isEqualTo("sent to orders");
    }

    @Test
    void eachStateInAGroupHasASentence() {
        assertThat(handling(Handling.State.AWAITED, null, null, null))
                .isEqualTo("not handled yet in shipping (orders), or forgotten since");
        assertThat(handling(Handling.State.DONE, null, null, null)).isEqualTo("done in shipping (orders)");
        assertThat(handling(Handling.State.PARKED, 3, 5, null))
                .isEqualTo("parked in shipping (orders) after attempt 3 of 5");
        assertThat(handling(Handling.State.PARKED, 3, null, null))
                .as("its listener is not here")
                .isEqualTo("parked in shipping (orders) after attempt 3");
        assertThat(handling(Handling.State.DEAD, 5, 5, "no stock"))
                .isEqualTo("dead letter in shipping (orders) after attempt 5 of 5: no stock");
    }

    @Test
    void whatPeopleHaveDoneIsNamedInItsOrder() {
        assertThat(handling(
                        Handling.State.DONE,
                        null,
                        null,
                        null,
                        new Action(AT, "ann", "redrive", "fixed"),
                        new Action(AT, "bob", "discard", null)))
                .isEqualTo(
                        "done in shipping (orders), after 'redrive' by ann at %s (fixed), after 'discard' by bob at %s"
                                .formatted(AT, AT));
    }

    @Test
    void theWayOfAMessageIsToldFromItsBegin() {
        assertThat(TraceDescription.describe(
                        List.of(at(Stage.SENT, 2, 4711L, null, null)),
                        List.of(
                                by(Handling.State.DONE, null, null, null),
                                by(Handling.State.AWAITED, null, null, null))))
                .isEqualTo(
                        "sent to orders, partition 2, offset 4711; done in shipping (orders); not handled yet in shipping"
                                + " (orders), or forgotten since");
    }

    @Test
    void whatWasNotFoundIsOnlyCalledUnknownIfAllWasSearched() {
        assertThat(TraceDescription.notFound(new RecordSearch.Result(null, Set.of("orders"), 12, true, null)))
                .startsWith("Not known here")
                .contains("none of the 12 records on topics [orders]");
        assertThat(TraceDescription.notFound(new RecordSearch.Result(null, Set.of("orders"), 12, false, null)))
                .startsWith("Nothing of it waits here")
                .contains("The first 12 records", "there are more");
        assertThat(TraceDescription.notFound(new RecordSearch.Result(null, Set.of(), 0, true, null)))
                .startsWith("Nothing of it waits here")
                .contains("knows no topic");
        assertThat(TraceDescription.notFound(new RecordSearch.Result(null, Set.of(), 0, false, "no broker answers")))
                .contains("could not be searched for it: no broker answers");
    }

    private static String sending(Stage stage, Integer partition, Long offset, Instant dueAt, String error) {
        return TraceDescription.describe(List.of(at(stage, partition, offset, dueAt, error)), List.of());
    }

    private static Sending at(Stage stage, Integer partition, Long offset, Instant dueAt, String error) {
        return new Sending(stage, "orders", partition, offset, null, dueAt, error);
    }

    private static String handling(
            Handling.State state, Integer attempts, Integer maxAttempts, String error, Action... actions) {
        return TraceDescription.describe(List.of(), List.of(by(state, attempts, maxAttempts, error, actions)));
    }

    private static Handling by(
            Handling.State state, Integer attempts, Integer maxAttempts, String error, Action... actions) {
        return new Handling(
                "shipping",
                "orders",
                state,
                null,
                attempts,
                maxAttempts,
                null,
                null,
                null,
                null,
                error,
                List.of(actions));
    }
}
