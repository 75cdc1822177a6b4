package io.reliablemessaging.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.support.LogCapture.Line;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.example.shop.Shop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** What somebody reads at night whose handler fails: which message, which attempt, why, what follows, and where. */
class FailureLinesIT {

    private static final String KEY = "customer-" + Shop.SECRET;

    private final String topic = "shop-" + UUID.randomUUID();
    private final String group = "group-" + UUID.randomUUID();
    private final LogCapture log = LogCapture.start();
    private ConfigurableApplicationContext app;

    @AfterEach
    void close() {
        app.close();
        log.close();
    }

    @Test
    void liveAndParkedFailuresSayTheSame() throws Exception {
        start("reliable-messaging.listener.max-attempts=3");
        assertTold(publish("A"), "; later messages of its key wait behind it");
    }

    @Test
    void partitionsInOrderSayTheSame() throws Exception {
        start("reliable-messaging.listener.max-attempts=3", "reliable-messaging.listener.ordering=partition");
        assertTold(publish("A"), "; its partition waits");
    }

    @Test
    void batchesSayTheSame() throws Exception {
        start("reliable-messaging.listener.max-attempts=3", "reliable-messaging.listener.transaction=batch");
        assertTold(publish("A"), "; later messages of its key wait behind it");
    }

    @Test
    void shareGroupsSayTheSame() throws Exception {
        start("reliable-messaging.listener.max-attempts=3", "reliable-messaging.listener.ordering=none");
        assertTold(publish("A"), "");
    }

    @Test
    void aHandlerThatAsksForAnotherCallIsNoFailureWithATrace() {
        start();
        MessageId id = publish("later");
        await().until(() -> !lines(id).isEmpty());
        assertThat(lines(id).get(0).text())
                .contains(", the handler asks for another call: io.reliablemessaging.RetryLaterException: ")
                .contains(". Next attempt in 0.9 s")
                .doesNotContain("\tat ");
    }

    @Test
    void withExceptionsClassAndKeysTextTheKeyIsShownAndNoExceptionsText() {
        start(
                "reliable-messaging.listener.max-attempts=2",
                "reliable-messaging.logging.exceptions=class",
                "reliable-messaging.logging.keys=text");
        MessageId id = publish("A");
        awaitDead(id);
        assertThat(log.ours().toString())
                .contains("key " + KEY, "java.lang.IllegalStateException; root cause java.io.IOException")
                .contains("\tat org.example.shop.Shop$Warehouse.reserve")
                .doesNotContain("no stock", "shelf is empty");
        assertThat(storedMessage(id)).isEqualTo("no stock for A"); // whoever redrives it must know
    }

    @Test
    void aPayloadThatCannotBeReadIsTheSameSentenceInLogAndTable() {
        start();
        String json = "{\"items\": [{\"name\": \"x\", \"price\": \"" + Shop.SECRET + "\", \"colour\": \"RED\"}]}";
        MessageId id = publish(topic + "-orders", json);
        awaitDead(id);
        String reason = "field items[0].price: expected int, found a text";
        assertThat(storedMessage(id)).contains("at line 1, column ", reason);
        assertThat(lines(id)).singleElement().satisfies(line -> {
            assertThat(line.message())
                    .contains(storedMessage(id))
                    .contains("It becomes a dead letter: no attempt can help.");
        });
        assertThat(log.all().toString()).doesNotContain(Shop.SECRET);
        assertThat(deadLetter(id).toString()).contains(reason);
    }

    private void assertTold(MessageId id, String waits) throws Exception {
        awaitDead(id);
        String hash =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(KEY.getBytes(UTF_8)), 0, 4);
        String named = "Listener shipping (group %s), message %s of topic %s (partition 0, offset 0), key hash %s, "
                .formatted(group, id, topic, hash);
        String why =
                "failed: java.lang.IllegalStateException: no stock for A; root cause java.io.IOException: shelf is empty. ";
        List<Line> lines = lines(id);
        assertThat(lines).hasSize(3);
        assertThat(lines).extracting(Line::level).containsExactly(Level.WARN, Level.WARN, Level.ERROR);
        assertThat(lines.get(0).message())
                .startsWith(named + "attempt 1 of 3 " + why + "Next attempt in ")
                .contains(" ms" + waits + "\njava.lang.IllegalStateException: no stock for A\n"
                        + "\tat org.example.shop.Shop$Warehouse.reserve(Shop.java:");
        assertThat(lines.get(1).message())
                .startsWith(named + "attempt 2 of 3 " + why + "Next attempt in ")
                .endsWith(" ms" + waits);
        assertThat(lines.get(2).message())
                .startsWith(
                        named + "attempt 3 of 3 " + why + "It becomes a dead letter: 3 of 3 attempts failed. Table"
                                + " parked_message keeps it, and topic " + topic + "." + group
                                + ".dlt gets a copy; fix the cause and redrive"
                                + " it, or discard it\njava.lang.IllegalStateException: no stock for A\n\tat org.example.shop.");
        assertThat(log.all().toString())
                .doesNotContain(Shop.SECRET, "\tat io.reliablemessaging", "\tat org.springframework", "CGLIB$$");
    }

    private void start(String... properties) {
        app = HostApplication.onSharedServers(Shop.class)
                .with(
                        "shop.topic=" + topic,
                        "shop.group=" + group,
                        "shop.orders=" + topic + "-orders",
                        "reliable-messaging.topics." + topic + ".partitions=1",
                        "reliable-messaging.topics." + topic + "-orders.partitions=1",
                        "reliable-messaging.listener.backoff.initial-delay=50ms",
                        "reliable-messaging.listener.backoff.max-delay=50ms")
                .with(properties)
                .run();
    }

    private MessageId publish(String order) {
        return publish(topic, order);
    }

    private MessageId publish(String to, String order) {
        return app.getBean(TransactionTemplate.class)
                .execute(status -> app.getBean(MessagePublisher.class).publish(to, KEY, order));
    }

    private void awaitDead(MessageId id) {
        await().until(() -> lines(id).stream().anyMatch(line -> line.level() == Level.ERROR));
    }

    private List<Line> lines(MessageId id) {
        return log.ours(id.toString()).stream()
                .filter(line -> line.logger().startsWith("io.reliablemessaging.delivery."))
                .toList();
    }

    private DeadLetter deadLetter(MessageId id) {
        return app.getBean(DeadLetters.class).find(DeadLetterQuery.all()).stream()
                .filter(letter -> letter.messageId().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private String storedMessage(MessageId id) {
        return app.getBean(JdbcTemplate.class)
                .queryForObject(
                        "select error_message from reliable_messaging.parked_message where message_id = ?",
                        String.class,
                        id.value());
    }
}
