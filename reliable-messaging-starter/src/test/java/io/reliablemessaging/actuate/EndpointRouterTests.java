package io.reliablemessaging.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DelayedMessageNotChangedException;
import io.reliablemessaging.EditRefusedException;
import io.reliablemessaging.RedriveJobNotChangedException;
import io.reliablemessaging.actuate.EndpointProblem.Document;
import io.reliablemessaging.actuate.EndpointRoute.Action;
import io.reliablemessaging.actuate.EndpointRoute.Kind;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.CannotGetJdbcConnectionException;

/** Which route answers a path, and which status a failure has. */
class EndpointRouterTests {

    private static final List<EndpointRoute> ROUTES = List.of(
            EndpointRoute.read("letters", call -> "list"),
            EndpointRoute.read("letters/{id}", call -> "letter " + call.variable("id")),
            EndpointRoute.command("letters", call -> "written").creating(),
            EndpointRoute.command("letters/burn", call -> "all burnt"),
            EndpointRoute.command("letters/{id}/burn", call -> "burnt " + call.variable("id")));
    private static final EndpointRoute TRACE =
            EndpointRoute.read("{messageId}", call -> "trace of " + call.variable("messageId"));
    private static final EndpointRouter ROUTER = new EndpointRouter(ROUTES, TRACE);

    @Test
    void aKnownWordComesBeforeTheIdOfAMessage() {
        assertThat(read("letters")).isEqualTo("list");
        assertThat(read("letters", "7")).isEqualTo("letter 7");
        assertThat(read("0192f3")).isEqualTo("trace of 0192f3");
    }

    @Test
    void commandsHavePathsOfTheirOwn() {
        assertThat(command("letters", "burn")).isEqualTo("all burnt");
        assertThat(command("letters", "7", "burn")).isEqualTo("burnt 7");
        assertThat(respond(Kind.COMMAND, "letters").getStatus()).isEqualTo(201);
    }

    @Test
    void saysWhichPathsThereAre() {
        problem(
                404,
                "There is no /letters/7/read here. There are these paths: [GET /letters,",
                Kind.READ,
                "letters",
                "7",
                "read");
        problem(404, "Paths begin with one of [letters]", Kind.READ, "parcels", "7");
        problem(404, "Paths begin with one of [letters]", Kind.COMMAND, "parcels");
        problem(404, "There is no / here", Kind.COMMAND);
        problem(405, "does not answer GET. There is: [POST /letters/{id}/burn]", Kind.READ, "letters", "7", "burn");
        problem(405, "does not answer POST. There is: [GET /letters/{id}]", Kind.COMMAND, "letters", "7");
    }

    @Test
    void theStatusFollowsFromTheException() {
        assertThat(statusOf(new IllegalArgumentException("bad"))).isEqualTo(400);
        assertThat(statusOf(EndpointProblem.notFound("gone"))).isEqualTo(404);
        assertThat(statusOf(new DeadLetterNotChangedException("parked"))).isEqualTo(409);
        assertThat(statusOf(new RedriveJobNotChangedException("done"))).isEqualTo(409);
        assertThat(statusOf(new EditRefusedException("no number"))).isEqualTo(422);
        assertThat(statusOf(new DelayedMessageNotChangedException("sent"))).isEqualTo(404);
        assertThat(statusOf(new CannotGetJdbcConnectionException("away", new SQLException("refused", "08001"))))
                .isEqualTo(503);
        assertThat(statusOf(new CannotAcquireLockException("busy"))).isEqualTo(503);
        assertThat(statusOf(new QueryTimeoutException("slow"))).isEqualTo(503);
    }

    @Test
    void aFaultOfOursIsNotHidden() {
        assertThatThrownBy(() -> statusOf(new NullPointerException("ours"))).hasMessage("ours");
        assertThatThrownBy(() -> statusOf(new DataIntegrityViolationException("ours")))
                .hasMessage("ours");
    }

    @Test
    void overJmxAProblemIsAnException() {
        JmxOperations jmx = new JmxOperations(ROUTER);
        assertThat(jmx.read("letters/7", null)).isEqualTo("letter 7");
        assertThat(jmx.command("letters/7/burn", "reason=too+many&who=olive")).isEqualTo("burnt 7");
        assertThatExceptionOfType(EndpointProblem.class)
                .isThrownBy(() -> jmx.command("letters/7/burn", "reason"))
                .withMessageContaining("'reason' is no field with a value");
        assertThatExceptionOfType(EndpointProblem.class)
                .isThrownBy(() -> jmx.command("letters/7/burn", "reason=a&reason=b"))
                .withMessageContaining("more than once");
    }

    private static Object read(String... path) {
        return ROUTER.answer(new EndpointCall(Kind.READ, List.of(path), Map.of(), null));
    }

    private static Object command(String... path) {
        return ROUTER.answer(new EndpointCall(Kind.COMMAND, List.of(path), Map.of("reason", "r", "who", "o"), null));
    }

    private static WebEndpointResponse<Object> respond(Kind kind, String... path) {
        Map<String, String> fields = kind == Kind.READ ? Map.of() : Map.of("reason", "r", "who", "o");
        return ROUTER.respond(new EndpointCall(kind, List.of(path), fields, null));
    }

    private static void problem(int status, String detail, Kind kind, String... path) {
        WebEndpointResponse<Object> response = respond(kind, path);
        assertThat(response.getStatus()).isEqualTo(status);
        assertThat(response.getContentType()).hasToString("application/problem+json");
        assertThat(response.getBody()).isInstanceOfSatisfying(Document.class, document -> {
            assertThat(document.status()).isEqualTo(status);
            assertThat(document.detail()).contains(detail);
        });
    }

    private static int statusOf(RuntimeException failure) {
        Action failing = call -> {
            throw failure;
        };
        EndpointRouter router = new EndpointRouter(List.of(EndpointRoute.read("letters", failing)), TRACE);
        return router.respond(new EndpointCall(Kind.READ, List.of("letters"), Map.of(), null))
                .getStatus();
    }
}
