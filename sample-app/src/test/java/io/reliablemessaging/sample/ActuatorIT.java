package io.reliablemessaging.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.test.ReliableMessagingTest;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.TestPropertySource;
import org.springframework.web.client.RestClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the sample's actuator shows, over HTTP. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@ReliableMessagingTest
@TestPropertySource(properties = "reliable-messaging.listener.backoff.initial-delay=100ms")
class ActuatorIT {

    private static final Duration LIMIT = Duration.ofMinutes(2);

    @LocalServerPort
    int port;

    @Autowired
    JdbcClient database;

    RestClient http;

    @BeforeEach
    void connect() {
        http = RestClient.builder()
                .baseUrl("http://localhost:%d/actuator".formatted(port))
                .defaultStatusHandler(HttpStatusCode::isError, (request, response) -> {})
                .build();
    }

    @Test
    void showsHowMessagingIs() {
        await().atMost(LIMIT)
                .until(() -> get("/reliablemessaging").at("/relay/lanes").asInt() == 32);
        JsonNode overview = get("/reliablemessaging");
        assertThat(overview.at("/relay/running").asBoolean()).isTrue();
        assertThat(overview.at("/listeners").findValuesAsString("group"))
                .containsExactlyInAnyOrder("shipping", "notifications");
        assertThat(overview.at("/outbox/oldest").asString()).startsWith("PT");
    }

    @Test
    void tellsWhereAMessageIs() {
        new Shop(port).place("teapot", false);
        UUID id = await().atMost(LIMIT)
                .until(
                        () -> database.sql("select message_id from reliable_messaging.inbox_message"
                                        + " where consumer_group = 'shipping' limit 1")
                                .query(UUID.class)
                                .optional()
                                .orElse(null),
                        found -> found != null);
        assertThat(get("/reliablemessaging/" + id).at("/answer").asString()).contains("done in shipping (orders)");
    }

    @Test
    void refusesWhatIsNoMessageId() {
        assertThat(answer("/reliablemessaging/teapot").getStatusCode()).isEqualTo(HttpStatus.BAD_REQUEST);
    }

    @Test
    void isHealthy() {
        await().atMost(LIMIT)
                .until(() -> get("/health")
                        .at("/components/reliableMessagingSending/status")
                        .asString()
                        .equals("UP"));
        assertThat(get("/health/liveness").at("/status").asString()).isEqualTo("UP");
        assertThat(get("/health/readiness").at("/status").asString()).isEqualTo("UP");
    }

    private JsonNode get(String path) {
        return JsonMapper.shared().readTree(answer(path).getBody());
    }

    private ResponseEntity<String> answer(String path) {
        return http.get().uri(path).retrieve().toEntity(String.class);
    }
}
