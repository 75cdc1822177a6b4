package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetterDetails;
import io.reliablemessaging.DeadLetterDetails.Action;
import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.DryRun;
import io.reliablemessaging.DryRun.Stage;
import io.reliablemessaging.DryRun.WouldFail;
import io.reliablemessaging.EditRefusedException;
import io.reliablemessaging.MessageEdit;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.ReliableListener;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.annotation.KafkaListenerConfigurer;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.validation.Errors;
import org.springframework.validation.Validator;
import org.springframework.validation.annotation.Validated;

/** A person edits a dead letter, and its handler is asked first. */
class EditIT {

    private static final List<String> HANDLED = new CopyOnWriteArrayList<>();
    private static ListenerInstances app;
    private static ConfigurableApplicationContext instance;

    private DeadLetters letters;

    record Order(int amount, String note) {}

    static class Orders {

        private final JdbcTemplate sql;

        Orders(JdbcTemplate sql) {
            this.sql = sql;
        }

        @ReliableListener(id = "orders", topics = "${test.topic}-orders", groupId = "orders")
        void on(@Validated Order order, @Header("shelf") int shelf) {
            if (order.amount() > 100) {
                throw new IllegalStateException("no stock");
            }
            HANDLED.add(order + " " + shelf);
            sql.update("insert into effect (key, value) values ('order', ?)", order.note());
        }
    }

    /** Refuses amounts that are not positive. */
    private static final class Amounts implements Validator {

        @Override
        public boolean supports(Class<?> type) {
            return type == Order.class;
        }

        @Override
        public void validate(Object target, Errors errors) {
            if (((Order) target).amount() <= 0) {
                errors.rejectValue("amount", "positive", "must be positive");
            }
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Extension {

        @Bean
        Orders orders(JdbcTemplate sql) {
            return new Orders(sql);
        }

        @Bean
        KafkaListenerConfigurer amounts() {
            return registrar -> registrar.setValidator(new Amounts());
        }
    }

    @BeforeAll
    static void start() {
        app = new ListenerInstances().with(Extension.class);
        instance = app.start(
                "reliable-messaging.listener.max-attempts=1",
                "reliable-messaging.listener.id-header=order-id",
                "reliable-messaging.listeners.orders.dry-run=true",
                "reliable-messaging.topics." + app.topic + "-orders.partitions=1");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @BeforeEach
    void clear() {
        letters = instance.getBean(DeadLetters.class);
        letters.discard(DeadLetterQuery.dead(), "a test", "olive");
        app.sql().execute("truncate effect, reliable_messaging.operation_log");
        HANDLED.clear();
    }

    @Test
    void aMessageThatItsHandlerCannotTakeIsRefusedAndNothingChanges() {
        long id = deadLetter();
        DeadLetterDetails before = letters.get(id).orElseThrow();
        assertRefused(id, MessageEdit.payload("{\"amount\": 7, "), "orders could not take the edited message");
        assertRefused(id, MessageEdit.payload("{\"amount\": \"many\"}"), "amount");
        assertRefused(id, MessageEdit.payload("{\"amount\": -1}"), "amount must be positive");
        assertRefused(id, MessageEdit.headersOnly().header("shelf", "top"), "shelf");
        assertRefused(id, MessageEdit.headersOnly().withoutHeader("shelf"), "shelf");
        assertRefused(id, MessageEdit.headersOnly(), "changes nothing");
        assertRefused(id, MessageEdit.headersOnly().header("order-id", "x"), "identity");
        assertRefused(id, MessageEdit.headersOnly().header("ce_id", "x"), "identity");
        assertRefused(id, MessageEdit.headersOnly().header("big", new byte[1 << 20]), "1048576");
        assertThatExceptionOfType(EditRefusedException.class)
                .isThrownBy(() -> letters.editAndRedrive(id, "{".getBytes(UTF_8), "olive"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> letters.editAndRedrive(id, MessageEdit.payload("{}"), " ", "olive"));
        assertThat(letters.get(id).orElseThrow()).usingRecursiveComparison().isEqualTo(before);
        assertThat(before.differences()).isEmpty();
        assertThat(before.originalHeaders()).isNull();
    }

    @Test
    void anEditOfPayloadAndHeadersIsHandled() {
        long id = deadLetter();
        letters.editAndRedrive(
                id, MessageEdit.payload("{\"amount\": 7, \"note\": \"fixed\"}").header("shelf", "12"), "typo", "olive");
        await().until(() -> HANDLED.equals(List.of("Order[amount=7, note=fixed] 12")));
        await().until(() -> app.effects().equals(List.of("fixed")));
        assertThat(app.sql()
                        .queryForList(
                                "select who || ' ' || action || ' ' || coalesce(reason, '') from"
                                        + " reliable_messaging.operation_log order by id",
                                String.class))
                .first()
                .isEqualTo("olive edit dead letter typo");
    }

    @Test
    void whatWasReceivedStaysThroughTwoEditsAndTheDifferenceIsShown() {
        long id = deadLetter();
        Map<String, String> received = letters.get(id).orElseThrow().headers();
        redriveToDeath(
                id,
                MessageEdit.payload("{\"amount\": 500, \"note\": \"first\"}")
                        .header("shelf", "12")
                        .header("clerk", "olive"));
        redriveToDeath(id, MessageEdit.headersOnly().header("shelf", "13").withoutHeader("colour"));
        DeadLetterDetails details = letters.get(id).orElseThrow();
        assertThat(details.originalPayload()).isEqualTo("{\"amount\":999,\"note\":\"a\"}".getBytes(UTF_8));
        assertThat(details.originalHeaders()).isEqualTo(received);
        assertThat(details.payload()).isEqualTo("{\"amount\": 500, \"note\": \"first\"}".getBytes(UTF_8));
        assertThat(details.headers())
                .containsEntry("shelf", "13")
                .containsEntry("clerk", "olive")
                .doesNotContainKey("colour");
        assertThat(details.letter().messageId().toString())
                .isEqualTo(received.get("rm-message-id"))
                .isEqualTo(details.headers().get("rm-message-id"));
        assertThat(details.differences())
                .containsExactly(
                        "header clerk: added \"olive\"",
                        "header colour: removed \"red\"",
                        "header shelf: \"3\" -> \"13\"",
                        "/amount: 999 -> 500",
                        "/note: \"a\" -> \"first\"");
        assertThat(details.actions())
                .extracting(Action::action)
                .containsExactly("edit dead letter", "redrive dead letter", "edit dead letter", "redrive dead letter");
    }

    @Test
    void anEditByPayloadAloneGoesTheSameWay() {
        long id = deadLetter();
        letters.editAndRedrive(id, "{\"amount\": 7, \"note\": \"fixed\"}".getBytes(UTF_8), "olive");
        await().until(() -> HANDLED.equals(List.of("Order[amount=7, note=fixed] 3")));
    }

    @Test
    void withoutTheListenerTheEditIsRefused() {
        long id = deadLetter();
        app.sql().update("update reliable_messaging.parked_message set consumer_group = 'gone' where id = ?", id);
        assertRefused(id, MessageEdit.payload("{}"), "no listener of group gone for topic");
        assertRefused(id, MessageEdit.payload("{}"), "on an instance that has the listener");
        assertThatExceptionOfType(DeadLetterNotChangedException.class)
                .isThrownBy(() -> letters.editAndRedrive(id + 1000, MessageEdit.payload("{}"), "a test", "olive"))
                .withMessageContaining("there is none with this number");
    }

    @Test
    void aDryRunTellsAtWhichStageAnEditFails() {
        long id = deadLetter();
        assertThat(stageOf(letters.dryRun(id, MessageEdit.payload("{"), "olive")))
                .isEqualTo(Stage.CONVERSION);
        assertThat(stageOf(letters.dryRun(id, MessageEdit.headersOnly().header("shelf", "top"), "olive")))
                .isEqualTo(Stage.CONVERSION);
        assertThat(stageOf(letters.dryRun(id, MessageEdit.payload("{\"amount\": -1}"), "olive")))
                .isEqualTo(Stage.VALIDATION);
        assertThat(stageOf(letters.dryRun(id, MessageEdit.payload("{\"amount\": 500}"), "olive")))
                .isEqualTo(Stage.HANDLER);
        assertThat(letters.dryRun(id, MessageEdit.payload("{\"amount\": 5}"), "olive"))
                .isInstanceOf(DryRun.WouldSucceed.class);
        assertThat(app.effects()).isEmpty();
        assertThat(letters.get(id).orElseThrow().letter().attempts()).isOne();
    }

    private static Stage stageOf(DryRun outcome) {
        assertThat(outcome).isInstanceOf(WouldFail.class);
        return ((WouldFail) outcome).stage();
    }

    private void assertRefused(long id, MessageEdit edit, String why) {
        assertThatExceptionOfType(EditRefusedException.class)
                .isThrownBy(() -> letters.editAndRedrive(id, edit, "a test", "olive"))
                .withMessageContaining("Dead letter %d was not edited".formatted(id))
                .withMessageContaining(why);
    }

    private void redriveToDeath(long id, MessageEdit edit) {
        int before = letters.get(id).orElseThrow().failures().size();
        letters.editAndRedrive(id, edit, "a test", "olive");
        await().until(() -> letters.get(id)
                .filter(details -> details.failures().size() > before)
                .isPresent());
    }

    private long deadLetter() {
        instance.getBean(TransactionTemplate.class)
                .executeWithoutResult(status -> instance.getBean(MessagePublisher.class)
                        .publish(OutgoingMessage.to(app.topic + "-orders")
                                .key("k")
                                .header("shelf", "3")
                                .header("colour", "red")
                                .payload(new Order(999, "a"))
                                .build()));
        await().until(() -> letters.count(DeadLetterQuery.dead().group("orders")) == 1);
        return letters.find(DeadLetterQuery.dead()).get(0).id();
    }
}
