package io.reliablemessaging.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.reliablemessaging.RedriveRequest.Mode;
import io.reliablemessaging.actuate.EndpointRoute.Kind;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What the fields of a call may be, and who gives a command. */
class EndpointCallTests {

    private static final EndpointRoute READ =
            EndpointRoute.read("things/{id}", call -> "", "text", "number", "limit", "flag", "mode", "at", "payload");
    private static final EndpointRoute COMMAND = EndpointRoute.command("things/{id}/paint", call -> "", "color");

    @Test
    void readsFieldsByTheirType() {
        EndpointCall call = read(Map.of(
                "text",
                "a b",
                "number",
                "-5",
                "limit",
                "7",
                "flag",
                "true",
                "mode",
                "canary",
                "at",
                "2026-03-01T12:00:00Z"));
        assertThat(call.number()).isEqualTo(17);
        assertThat(call.text("text")).isEqualTo("a b");
        assertThat(call.number("number")).isEqualTo(-5);
        assertThat(call.limit()).isEqualTo(7);
        assertThat(call.flag("flag")).isTrue();
        assertThat(call.choice("mode", Mode.class)).isEqualTo(Mode.CANARY);
        assertThat(call.instant("at")).isEqualTo(Instant.parse("2026-03-01T12:00:00Z"));
    }

    @Test
    void aFieldThatIsNotGivenIsNull() {
        EndpointCall call = read(Map.of());
        assertThat(call.text("text")).isNull();
        assertThat(call.number("number")).isNull();
        assertThat(call.limit()).isEqualTo(100);
        assertThat(call.flag("flag")).isFalse();
        assertThat(call.choice("mode", Mode.class)).isNull();
        refused(() -> call.required("text"), "Field 'text' is missing");
    }

    @Test
    void refusesValuesOfAnotherType() {
        refused(() -> read(Map.of("number", "many")).number("number"), "it must be a whole number");
        refused(() -> read(Map.of("number", "1.5")).integer("number"), "it must be a whole number");
        refused(() -> read(Map.of("limit", "1001")).limit(), "from 1 to 1000");
        refused(() -> read(Map.of("flag", "yes")).flag("flag"), "it must be true or false");
        refused(() -> read(Map.of("mode", "slow")).choice("mode", Mode.class), "one of [all, canary]");
        refused(() -> read(Map.of("at", "now")).instant("at"), "it must be a time");
    }

    @Test
    void refusesFieldsThatWouldSelectNothingOrEverything() {
        refused(() -> read(Map.of("txet", "a")), "GET /things/{id} takes no field [txet]");
        refused(() -> read(Map.of("text", " ")), "is empty");
        refused(() -> read(Map.of("text", "a\0b")), "NUL");
        refused(() -> read(Map.of("text", List.of("a", "b"))), "more than once");
        refused(() -> read(Collections.singletonMap("text", null)), "is null");
        refused(() -> read(Map.of("text", "x".repeat(4001))), "4001 characters");
    }

    @Test
    void aPayloadMayBeEmptyAndLong() {
        assertThat(read(Map.of("payload", "")).text("payload")).isEmpty();
        assertThat(read(Map.of("payload", "\0".repeat(5000))).text("payload")).hasSize(5000);
    }

    @Test
    void headersAreFieldsOfRoutesThatTakeThem() {
        EndpointRoute editing = EndpointRoute.command("things/{id}/edit", call -> "", EditFields.names());
        Map<String, String> fields = Map.of("header.a.b", "", "header.who", "popeye", "reason", "r", "who", "olive");
        EndpointCall call = new EndpointCall(Kind.COMMAND, List.of("things", "17", "edit"), fields, null).at(editing);
        assertThat(call.headers()).isEqualTo(Map.of("a.b", "", "who", "popeye"));
        assertThat(call.who()).isEqualTo("olive");
        refused(() -> read(Map.of("header.a", "b")), "takes no field [header.a]");
    }

    @Test
    void aCommandNeedsAReasonAndAName() {
        refused(() -> command(null, "who", "olive"), "'reason' is missing");
        refused(() -> command(null, "reason", "r"), "nobody is logged in");
        refused(() -> command(null, "reason", "r", "who", "x".repeat(201)), "200 at most");
        assertThat(command(null, "reason", "r", "who", "olive").who()).isEqualTo("olive");
    }

    @Test
    void whoIsLoggedInGivesTheCommand() {
        assertThat(command("olive", "reason", "r").who()).isEqualTo("olive");
        assertThat(command("olive", "reason", "r", "who", "olive").who()).isEqualTo("olive");
        refused(() -> command("olive", "reason", "r", "who", "popeye"), "'olive' is logged in");
    }

    private static EndpointCall read(Map<String, ?> fields) {
        return new EndpointCall(Kind.READ, List.of("things", "17"), fields, null).at(READ);
    }

    private static EndpointCall command(@org.jspecify.annotations.Nullable String principal, String... fields) {
        Map<String, String> all =
                fields.length == 2 ? Map.of(fields[0], fields[1]) : Map.of(fields[0], fields[1], fields[2], fields[3]);
        return new EndpointCall(Kind.COMMAND, List.of("things", "17", "paint"), all, principal).at(COMMAND);
    }

    private static void refused(ThrowingCallable call, String detail) {
        assertThatExceptionOfType(EndpointProblem.class)
                .isThrownBy(call)
                .satisfies(problem -> assertThat(problem.status()).isEqualTo(400))
                .withMessageContaining(detail);
    }
}
