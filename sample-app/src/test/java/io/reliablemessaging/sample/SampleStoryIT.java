package io.reliablemessaging.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.test.ReliableMessagingTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.http.HttpStatus;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/** The story of requests.http. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@ReliableMessagingTest
@TestPropertySource(properties = "reliable-messaging.listener.backoff.initial-delay=100ms")
@ExtendWith(OutputCaptureExtension.class)
class SampleStoryIT {

    private static final Duration LIMIT = Duration.ofMinutes(2);

    @LocalServerPort
    int port;

    @Autowired
    JdbcClient database;

    @Autowired
    KafkaConnectionDetails kafka;

    Instant begin;
    Shop shop;
    Topics topics;

    @BeforeEach
    void find() {
        begin = Instant.now();
        shop = new Shop(port);
        topics = new Topics(String.join(",", kafka.getBootstrapServers()));
    }

    @Test
    void shipsAnOrderExactlyOnce() {
        long order = shop.place("teapot", false);

        awaitEverythingDone();
        assertThat(shop.shipmentsOf(order)).hasSize(1);
        assertThat(recordsOf(order, "orders")).hasSize(1);
    }

    @Test
    void callsTheHandlerOfAPoisonedOrderFiveTimesMakesItOneDeadLetterAndSendsItAgainWhenFixed(CapturedOutput output) {
        long order = shop.place("lamp", true);

        await().atMost(LIMIT).until(() -> !shop.shown("deadLetters").isEmpty());
        awaitEverythingDone();
        assertThat(calls(output, order)).hasSize(5);
        assertThat(shop.shown("retries"))
                .filteredOn("cause", "Order %d: Ada has no address".formatted(order))
                .singleElement()
                .satisfies(
                        retry -> assertThat(retry).containsEntry("attempts", 5).containsEntry("ending", "DEAD"));
        assertThat(shop.shown("deadLetters"))
                .singleElement()
                .satisfies(letter -> assertThat(letter)
                        .containsEntry("attempts", 5)
                        .containsEntry("cause", "Order %d: Ada has no address".formatted(order)));
        assertThat(recordsOf(order, "orders.notifications.dlt")).singleElement().satisfies(letter -> {
            assertThat(header(letter.headers(), "rm-dlt-group")).isEqualTo("notifications");
            assertThat(header(letter.headers(), "rm-dlt-attempts")).isEqualTo("5");
        });
        assertThat(recordsOf(order, "orders.shipping.dlt")).isEmpty();
        assertThat(shop.shipmentsOf(order)).hasSize(1);

        Object letter = shop.shown("deadLetters").get(0).get("id");
        shop.addAddress("Ada", "1 Analytical Row");
        assertThat(shop.redrive(letter)).isEqualTo(HttpStatus.ACCEPTED);
        await().atMost(LIMIT).until(() -> shop.shown("deadLetters").isEmpty());
        await().atMost(LIMIT).until(this::nothingIsParked);
        await().atMost(LIMIT).until(() -> shop.shown("retries").get(0).get("ending"), "HANDLED_AFTER_REDRIVE"::equals);
        assertThat(calls(output, order)).hasSize(6).last().asString().endsWith("attempt 1");
        assertThat(shop.shipmentsOf(order)).hasSize(1);
        assertThat(recordsOf(order, "orders.notifications.dlt")).hasSize(1);
        assertThat(shop.redrive(letter)).isEqualTo(HttpStatus.CONFLICT);
    }

    @Test
    void sendsDeadLettersAgainByTheCommandOfTheReadme() throws Exception {
        shop.order("Mallory", "umbrella", true);
        await().atMost(LIMIT).until(() -> !shop.shown("deadLetters").isEmpty());
        shop.addAddress("Mallory", "1 Analytical Row");

        Process curl = new ProcessBuilder("sh", "-c", commandOfReadme("curl ")).start();
        assertThat(curl.waitFor()).isZero();
        assertThat(new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("\"expected\":1,");

        await().atMost(LIMIT).until(this::nothingIsParked);
        assertThat(shop.shown("deadLetters")).isEmpty();
    }

    @Test
    void tellsNobodyOfAnOrderThatIsRolledBack() {
        assertThat(shop.order("Linus", "unicorn", false).getStatusCode()).isEqualTo(HttpStatus.CONFLICT);
        long later = shop.place("atlas", false);

        awaitEverythingDone();
        assertThat(shop.shown("orders")).noneMatch(order -> order.get("item").equals("unicorn"));
        assertThat(topics.read("orders"))
                .noneMatch(each -> each.value().contains("unicorn"))
                .anyMatch(each -> each.key().equals("order-" + later));
        assertThat(shop.shown("shipments")).hasSameSizeAs(shop.shown("orders"));
    }

    @Test
    void showsWhatHasHappenedToAPageThatConnects() throws Exception {
        long order = shop.place("kettle", false);
        awaitEverythingDone();

        assertThat(shop.firstLine("/dashboard/live")).startsWith("data:{").contains("\"orderId\":" + order + ",");
        assertThat(shop.firstLine("/")).containsIgnoringCase("<!doctype html>");
    }

    @Test
    void countsMessagesOnTheirWay() {
        JsonNode before = shop.dashboard().at("/way/passed");

        shop.place("hammock", false);
        shop.order("Linus", "unicorn", false);
        awaitEverythingDone();

        JsonNode way = shop.dashboard().get("way");
        assertThat(way.at("/waiting").asLong()).isZero();
        for (String stage : List.of("published", "sent")) {
            assertThat(way.at("/passed/" + stage).asLong())
                    .isEqualTo(before.get(stage).asLong() + 1);
        }
        for (String group : List.of("shipping", "notifications")) {
            await().atMost(LIMIT)
                    .until(() ->
                            shop.dashboard().at("/way/passed/handled/" + group).asLong()
                                    == before.at("/handled/" + group).asLong() + 1);
        }
    }

    @Test
    void breaksNothingOnServersThatAreNotItsOwn() {
        assertThat(shop.dashboard().get("demonstration").isNull()).isTrue();
        assertThat(shop.demonstrate("stop-kafka")).isEqualTo(HttpStatus.NOT_FOUND);
        assertThat(shop.demonstrate("deliver-again")).isEqualTo(HttpStatus.NOT_FOUND);
    }

    private String commandOfReadme(String start) throws IOException {
        return Files.readString(Path.of("../README.md"))
                .lines()
                .map(String::strip)
                .filter(line -> line.startsWith(start))
                .findFirst()
                .orElseThrow()
                .replace("localhost:8080", "localhost:" + port);
    }

    private static List<String> calls(CapturedOutput output, long order) {
        return output.getOut()
                .lines()
                .filter(line -> line.contains("Notifying Ada of order " + order + ","))
                .toList();
    }

    private boolean nothingIsParked() {
        return database.sql("select not exists (select from reliable_messaging.parked_message)")
                .query(Boolean.class)
                .single();
    }

    /** Nothing waits in the outbox, and both groups have handled, or buried, everything there is. */
    private void awaitEverythingDone() {
        awaitEmptyOutbox();
        await().atMost(LIMIT)
                .until(() -> topics.finished("orders", "shipping") && topics.finished("orders", "notifications"));
        awaitEmptyOutbox(); // a dead letter leaves through it
    }

    private void awaitEmptyOutbox() {
        await().atMost(LIMIT)
                .until(() -> database.sql("select count(*) from reliable_messaging.outbox_message")
                                .query(Long.class)
                                .single()
                        == 0);
    }

    /** Those of this test: the broker is shared with shops of other tests, whose orders begin at 1 too. */
    private List<ConsumerRecord<String, String>> recordsOf(long order, String topic) {
        return topics.read(topic).stream()
                .filter(record -> record.key().equals("order-" + order))
                .filter(record -> record.timestamp() >= begin.toEpochMilli())
                .toList();
    }

    private static String header(Headers headers, String name) {
        return new String(headers.lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
