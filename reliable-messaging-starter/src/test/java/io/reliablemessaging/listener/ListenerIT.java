package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DeadLetterNotChangedException;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.Delivery;
import io.reliablemessaging.DurabilityAudit;
import io.reliablemessaging.Finding;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.test.ReliableMessagingTest;
import io.reliablemessaging.wire.WireHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/** One effect per message and group, bounded attempts, dead letters: on a real broker and a real database. */
@SpringBootTest(
        classes = ListenerIT.Host.class,
        properties = {
            "spring.application.name=listener-test",
            "spring.jpa.open-in-view=false",
            "reliable-messaging.topics.payments.partitions=1",
            "reliable-messaging.topics.refunds.partitions=2",
            "reliable-messaging.topics.receipts.partitions=1",
            "reliable-messaging.listener.max-attempts=4",
            "reliable-messaging.listener.backoff.initial-delay=10ms",
            "reliable-messaging.listener.backoff.max-delay=20ms"
        })
@ReliableMessagingTest
class ListenerIT {

    private static final String BILLING = "Payments.bill@billing";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Recorder recorder() {
            return new Recorder();
        }

        @Bean
        Script script() {
            return new Script();
        }

        @Bean
        Payments payments(JdbcTemplate sql, MessagePublisher publisher, Script script) {
            return new Payments(sql, publisher, script);
        }
    }

    record Payment(String name, int amount) {}

    /** What the handlers are to do, and what they were called with. */
    static class Script {

        /** Every call of the billing handler: payment name and attempt. */
        final List<String> calls = new CopyOnWriteArrayList<>();

        /** What the billing handler throws, by payment name; null for nothing. */
        final Map<String, java.util.function.IntFunction<Exception>> failures = new ConcurrentHashMap<>();

        final List<IncomingMessage<Payment>> refunds = new CopyOnWriteArrayList<>();
    }

    static class Payments {

        private final JdbcTemplate sql;
        private final MessagePublisher publisher;

        private final Script script;

        Payments(JdbcTemplate sql, MessagePublisher publisher, Script script) {
            this.sql = sql;
            this.publisher = publisher;
            this.script = script;
            sql.execute("create table if not exists effect"
                    + " (number bigint generated always as identity, consumer_group text, name text, amount int)");
        }

        @ReliableListener(topics = "payments", groupId = "billing")
        @Transactional
        public void bill(Payment payment, IncomingMessage<Payment> message) throws Exception {
            script.calls.add(payment.name() + ":" + message.attempt());
            effect("billing", payment);
            publisher.publish("receipts", message.key(), "receipt for " + payment.name());
            Exception failure = script.failures
                    .getOrDefault(payment.name(), attempt -> null)
                    .apply(message.attempt());
            if (failure != null) {
                throw failure;
            }
        }

        @ReliableListener(topics = "payments", groupId = "audit")
        void audit(Payment payment) {
            effect("audit", payment);
        }

        @ReliableListener(topics = "refunds", groupId = "refunding")
        void refund(IncomingMessage<Payment> message) {
            script.refunds.add(message);
        }

        private void effect(String group, Payment payment) {
            sql.update(
                    "insert into effect (consumer_group, name, amount) values (?, ?, ?)",
                    group,
                    payment.name(),
                    payment.amount());
        }
    }

    @Autowired
    MessagePublisher publisher;

    @Autowired
    TransactionTemplate transaction;

    @Autowired
    JdbcTemplate sql;

    @Autowired
    Recorder recorder;

    @Autowired
    Script script;

    @Autowired
    DeadLetters letters;

    @Autowired
    DurabilityAudit audit;

    @Autowired
    KafkaListenerEndpointRegistry registry;

    private final String bootstrapServers;

    @Autowired
    ListenerIT(KafkaConnectionDetails kafka) {
        this.bootstrapServers = String.join(",", kafka.getBootstrapServers());
    }

    @Test
    void handlesEachMessageOnceInEachGroup() {
        Payment payment = newPayment();
        MessageId id = publish(payment);
        awaitDelivery(recorder.handled, id, "billing");
        awaitDelivery(recorder.handled, id, "audit");
        assertThat(effects(payment)).containsExactlyInAnyOrder("billing", "audit");
        assertThat(topic("receipts").awaitValues(1)).contains("receipt for " + payment.name());
    }

    @Test
    void aRecordThatIsDeliveredAgainHasNoSecondEffect() throws Exception {
        Payment payment = newPayment();
        MessageId id = publish(payment);
        awaitDelivery(recorder.handled, id, "billing");
        stopBilling();
        resetOffsets("billing", "payments");
        startBilling();
        awaitDelivery(recorder.duplicates, id, "billing");
        assertThat(effects(payment)).containsOnlyOnce("billing");
    }

    @Test
    void theSameMessageOnTheTopicTwiceHasOneEffect() {
        Payment payment = newPayment();
        MessageId id = MessageId.of(UUID.randomUUID().toString());
        for (int i = 0; i < 2; i++) {
            transaction.executeWithoutResult(status -> publisher.publish(
                    OutgoingMessage.to("payments").id(id).payload(payment).build()));
        }
        awaitDelivery(recorder.duplicates, id, "billing");
        assertThat(effects(payment)).containsOnlyOnce("billing");
    }

    @Test
    void aFailedAttemptLeavesNothingAndTheNextOneIsCounted() {
        Payment payment = newPayment();
        script.failures.put(payment.name(), attempt -> attempt < 3 ? new IllegalStateException("not yet") : null);
        MessageId id = publish(payment);
        awaitDelivery(recorder.handled, id, "billing");
        assertThat(calls(payment)).containsExactly(payment.name() + ":1", payment.name() + ":2", payment.name() + ":3");
        assertThat(effects(payment)).containsOnlyOnce("billing");
        assertThat(parked(id)).isEmpty();
        // the receipts of the rolled-back attempts were never heard of
        transaction.executeWithoutResult(status -> publisher.publish("receipts", null, "end of " + payment.name()));
        await().until(() -> topic("receipts").values().contains("end of " + payment.name()));
        assertThat(topic("receipts").values()).containsOnlyOnce("receipt for " + payment.name());
    }

    @Test
    void aMessageThatFailsEveryAttemptBecomesOneDeadLetterAndTheNextIsHandled() {
        Payment payment = newPayment();
        Payment next = newPayment();
        // checked, unchecked and ever-changing types: none resets the count
        script.failures.put(
                payment.name(),
                attempt -> attempt % 2 == 0 ? new java.io.IOException("x") : new IllegalStateException("y"));
        MessageId id = publish(payment);
        MessageId nextId = publish(next);
        awaitDelivery(recorder.dead, id, "billing");
        awaitDelivery(recorder.handled, nextId, "billing");
        assertThat(calls(payment)).hasSize(4);
        assertThat(effects(payment)).doesNotContain("billing");
        ConsumerRecord<byte[], byte[]> dead = awaitDeadLetter("payments.billing.dlt", id);
        assertThat(new String(dead.value(), UTF_8)).contains(payment.name());
        assertThat(header(dead, "rm-dlt-original-topic")).isEqualTo("payments");
        assertThat(header(dead, "rm-dlt-group")).isEqualTo("billing");
        assertThat(header(dead, "rm-dlt-attempts")).isEqualTo("4");
        assertThat(header(dead, "rm-dlt-exception-class")).isEqualTo("java.io.IOException");
        assertThat(parked(id))
                .singleElement()
                .satisfies(row -> assertThat(row)
                        .containsEntry("state", "DEAD")
                        .containsEntry("attempts", 4)
                        .containsEntry("error_class", "java.io.IOException"));
    }

    @Test
    void aDeadLetterThatIsDeliveredAgainStaysOne() throws Exception {
        Payment payment = newPayment();
        script.failures.put(payment.name(), attempt -> new UnrecoverableMessageException("no such account"));
        MessageId id = publish(payment);
        awaitDelivery(recorder.dead, id, "billing");
        assertThat(calls(payment)).hasSize(1);
        stopBilling();
        resetOffsets("billing", "payments");
        startBilling();
        awaitDelivery(recorder.duplicates, id, "billing");
        assertThat(calls(payment)).hasSize(1);
        awaitDeadLetter("payments.billing.dlt", id);
        assertThat(deadLetters("payments.billing.dlt", id)).hasSize(1);
    }

    @Test
    void attemptsAreCountedAcrossRestarts() {
        Payment payment = newPayment();
        script.failures.put(payment.name(), attempt -> new IllegalStateException("always"));
        MessageId id;
        stopBilling();
        id = publish(payment);
        await().until(() -> recorder.sent.stream().anyMatch(each -> each.id().equals(id)));
        for (int restart = 0; restart < 2; restart++) {
            int before = calls(payment).size();
            startBilling();
            await().until(() -> calls(payment).size() > before);
            stopBilling();
        }
        startBilling();
        awaitDelivery(recorder.dead, id, "billing");
        assertThat(calls(payment)).hasSize(4);
    }

    @Test
    void aPayloadThatCannotBeReadIsDeadAtOnceByteForByte() {
        byte[] poison = ("{\"name\": \u0000" + UUID.randomUUID()).getBytes(UTF_8);
        topic("payments").write("key", poison);
        Predicate<ConsumerRecord<byte[], byte[]>> same = record -> java.util.Arrays.equals(record.value(), poison);
        await().until(() -> topic("payments.billing.dlt").records().stream().anyMatch(same));
        await().until(() -> topic("payments.audit.dlt").records().stream().anyMatch(same));
        assertThat(sql.queryForObject(
                        "select count(*) from parked where value = ?"
                                .replace("parked", "reliable_messaging.parked_message"),
                        Integer.class,
                        (Object) poison))
                .isEqualTo(2);
        Payment next = newPayment();
        awaitDelivery(recorder.handled, publish(next), "billing");
    }

    @Test
    void aPayloadThatCannotBeReadHoldsNoneOfAThousandKeysUp() {
        List<Payment> all = Stream.generate(ListenerIT::newPayment).limit(1_000).toList();
        byte[] poison = ("{\"name\": " + UUID.randomUUID()).getBytes(UTF_8);
        publishByName(all.subList(0, 500));
        topic("payments").write(all.get(700).name(), poison);
        publishByName(all.subList(500, 1_000));
        for (String group : List.of("billing", "audit")) {
            await().atMost(Duration.ofMinutes(2))
                    .until(() -> effectsOf(group, all).size() >= 1_000);
            assertThat(effectsOf(group, all)).containsExactlyInAnyOrderElementsOf(names(all));
            assertThat(sql.queryForList(
                            "select state from reliable_messaging.parked_message where consumer_group = ? and value = ?",
                            String.class,
                            group,
                            poison))
                    .containsExactly("DEAD");
        }
    }

    @Test
    void aRedrivenMessageTakesEffectOnceAndOnlyInTheGroupThatFailed() {
        Payment payment = newPayment();
        Payment next = newPayment();
        script.failures.put(payment.name(), attempt -> new IllegalStateException("no such account"));
        MessageId id = publish(payment);
        awaitDelivery(recorder.dead, id, "billing");
        awaitDelivery(recorder.handled, publish(next), "billing");
        awaitDelivery(recorder.handled, id, "audit");
        awaitDeadLetter("payments.billing.dlt", id);

        script.failures.remove(payment.name());
        letters.redrive(deadLetter(id), "olive");
        awaitDelivery(recorder.handled, id, "billing");
        assertThat(effects(payment)).containsExactlyInAnyOrder("billing", "audit");
        assertThat(calls(payment)).hasSize(5).last().isEqualTo(payment.name() + ":1");
        assertThat(parked(id)).isEmpty();
        assertThat(deadLetters("payments.billing.dlt", id)).hasSize(1);
    }

    @Test
    void aThousandRedrivenMessagesTakeEffectOnceInTheOrderOfTheirKeys() {
        List<Payment> all = Stream.generate(ListenerIT::newPayment).limit(1_000).toList();
        all.forEach(payment ->
                script.failures.put(payment.name(), attempt -> new UnrecoverableMessageException("no such account")));
        transaction.executeWithoutResult(status -> IntStream.range(0, all.size())
                .forEach(i -> publisher.publish("payments", "redriven" + i % 50, all.get(i))));
        DeadLetterQuery mine = DeadLetterQuery.dead().group("billing").errorClass("UnrecoverableMessageException");
        await().atMost(Duration.ofMinutes(2)).until(() -> countDead(all) == 1_000);
        await().atMost(Duration.ofMinutes(2))
                .until(() -> effectsOf("audit", all).size() == 1_000);

        all.forEach(payment -> script.failures.remove(payment.name()));
        IntStream.range(0, 50)
                .forEach(key -> letters.redrive(mine.key("redriven" + key).limit(1), "olive"));
        await().ignoreExceptionsInstanceOf(DeadLetterNotChangedException.class).until(() -> {
            letters.redrive(mine.topic("payments"), "olive");
            return countDead(all) == 0;
        });
        await().atMost(Duration.ofMinutes(2))
                .until(() -> effectsOf("billing", all).size() >= 1_000);
        List<String> billed = effectsOf("billing", all);
        assertThat(billed).hasSize(1_000);
        IntStream.range(0, 50).forEach(key -> {
            List<String> ofKey = IntStream.range(0, all.size())
                    .filter(i -> i % 50 == key)
                    .mapToObj(i -> all.get(i).name())
                    .toList();
            assertThat(billed).filteredOn(ofKey::contains).isEqualTo(ofKey);
        });
        assertThat(effectsOf("audit", all)).containsExactlyInAnyOrderElementsOf(names(all));
    }

    @Test
    void anotherMessageWithTheSameIdIsDroppedAndReported() {
        Payment payment = newPayment();
        MessageId id = publish(payment);
        awaitDelivery(recorder.handled, id, "billing");
        byte[] other =
                "{\"name\":\"%s\",\"amount\":2}".formatted(payment.name()).getBytes(UTF_8);
        topic("payments").write("k", other, WireHeaders.MESSAGE_ID, id.toString());
        awaitDelivery(recorder.different, id, "billing");
        awaitDelivery(recorder.duplicates, id, "billing");
        assertThat(effects(payment).stream().filter("billing"::equals)).hasSize(1);
        assertThat(audit.look()).extracting(Finding::code).contains("RM-C005");
    }

    @Test
    void aRecordWithoutOurHeadersIsIdentifiedByItsPlace() throws Exception {
        Payment payment = newPayment();
        byte[] json = "{\"name\":\"%s\",\"amount\":1}".formatted(payment.name()).getBytes(UTF_8);
        topic("payments").write("k", json);
        topic("payments").write("k", json);
        await().until(() -> effects(payment).stream().filter("billing"::equals).count() == 2);
        stopBilling();
        resetOffsets("billing", "payments");
        int duplicates = recorder.duplicates.size();
        startBilling();
        await().until(() -> recorder.duplicates.size() >= duplicates + 2);
        awaitDelivery(recorder.handled, publish(newPayment()), "billing");
        assertThat(effects(payment).stream().filter("billing"::equals)).hasSize(2);
    }

    @Test
    void theHandlerSeesTheWholeMessage() {
        Payment payment = newPayment();
        MessageId id = transaction.execute(status -> publisher.publish(OutgoingMessage.to("refunds")
                .key("k")
                .header("reason", "broken")
                .payload(payment)
                .build()));
        IncomingMessage<Payment> message = awaitRefund(id);
        assertThat(message.payload()).isEqualTo(payment);
        assertThat(message.key()).isEqualTo("k");
        assertThat(message.headers()).containsEntry("reason", "broken");
        assertThat(message.topic()).isEqualTo("refunds");
        assertThat(message.attempt()).isEqualTo(1);
        assertThat(message.publishedAt()).isAfter(java.time.Instant.EPOCH);
    }

    @Test
    void aTombstoneReachesTheHandlerAsNull() {
        MessageId id = transaction.execute(status ->
                publisher.publish(OutgoingMessage.to("refunds").key("k").build()));
        assertThat(awaitRefund(id).payload()).isNull();
    }

    @Test
    void keepsTheOrderOfAKey() {
        List<Payment> all = IntStream.range(0, 50).mapToObj(i -> newPayment()).toList();
        script.failures.put(all.get(10).name(), attempt -> attempt < 3 ? new IllegalStateException("later") : null);
        MessageId last = null;
        for (Payment payment : all) {
            last = publish(payment);
        }
        awaitDelivery(recorder.handled, last, "billing");
        List<String> names = all.stream().map(Payment::name).toList();
        assertThat(sql.queryForList(
                        "select name from effect where consumer_group = 'billing' order by number", String.class))
                .filteredOn(names::contains)
                .isEqualTo(names);
    }

    @Test
    void theOffsetIsCommittedOnlyAfterTheDatabase() throws Exception {
        Payment payment = newPayment();
        Map<String, Long> seen = new ConcurrentHashMap<>();
        script.failures.put(payment.name(), attempt -> {
            seen.put("committed", committedOffset());
            return null;
        });
        MessageId id = publish(payment);
        awaitDelivery(recorder.handled, id, "billing");
        Delivery delivery = recorder.handled.stream()
                .filter(each -> each.id().equals(id) && each.group().equals("billing"))
                .findFirst()
                .orElseThrow();
        assertThat(seen.get("committed")).isLessThanOrEqualTo(delivery.offset());
        await().until(() -> committedOffset() > delivery.offset());
    }

    private static Payment newPayment() {
        return new Payment(UUID.randomUUID().toString(), 1);
    }

    private void publishByName(List<Payment> payments) {
        transaction.executeWithoutResult(
                status -> payments.forEach(payment -> publisher.publish("payments", payment.name(), payment)));
    }

    private static List<String> names(List<Payment> payments) {
        return payments.stream().map(Payment::name).toList();
    }

    private List<String> effectsOf(String group, List<Payment> payments) {
        Set<String> names = Set.copyOf(names(payments));
        return sql
                .queryForList("select name from effect where consumer_group = ? order by number", String.class, group)
                .stream()
                .filter(names::contains)
                .toList();
    }

    private long countDead(List<Payment> payments) {
        Set<String> names = Set.copyOf(names(payments));
        return sql
                .queryForList(
                        "select convert_from(value, 'UTF8')::json ->> 'name' from reliable_messaging.parked_message"
                                + " where consumer_group = 'billing' and state = 'DEAD' and convert_from(key, 'UTF8') like 'redriven%'",
                        String.class)
                .stream()
                .filter(names::contains)
                .count();
    }

    private long deadLetter(MessageId id) {
        return sql.queryForObject(
                "select id from reliable_messaging.parked_message where message_id = ? and state = 'DEAD'",
                Long.class,
                id.value());
    }

    private MessageId publish(Payment payment) {
        return Objects.requireNonNull(transaction.execute(status -> publisher.publish("payments", "key", payment)));
    }

    @Test
    void oneListenerCanBePausedWhileTheOthersGoOn() {
        MessageListenerContainer billing = registry.getListenerContainer(BILLING);
        billing.pause();
        await().until(billing::isContainerPaused);
        Payment payment = new Payment("paused-" + UUID.randomUUID(), 1);
        transaction.executeWithoutResult(status -> publisher.publish("payments", payment.name(), payment));
        await().until(() -> effects(payment).contains("audit"));
        assertThat(effects(payment)).containsExactly("audit");
        billing.resume();
        await().until(() -> effects(payment).contains("billing"));
    }

    private static void awaitDelivery(List<Delivery> events, MessageId id, String group) {
        await().atMost(Duration.ofMinutes(2))
                .until(() -> events.stream()
                        .anyMatch(each -> each.id().equals(id) && each.group().equals(group)));
    }

    private IncomingMessage<Payment> awaitRefund(MessageId id) {
        Predicate<IncomingMessage<Payment>> it = message -> message.id().equals(id);
        await().until(() -> script.refunds.stream().anyMatch(it));
        return script.refunds.stream().filter(it).findFirst().orElseThrow();
    }

    private List<String> calls(Payment payment) {
        return script.calls.stream()
                .filter(call -> call.startsWith(payment.name()))
                .toList();
    }

    private List<String> effects(Payment payment) {
        return sql.queryForList("select consumer_group from effect where name = ?", String.class, payment.name());
    }

    private List<Map<String, Object>> parked(MessageId id) {
        return sql.queryForList(
                "select * from reliable_messaging.parked_message where message_id = ? and consumer_group = 'billing'",
                id.value());
    }

    private KafkaTopic topic(String name) {
        return new KafkaTopic(bootstrapServers, name);
    }

    private ConsumerRecord<byte[], byte[]> awaitDeadLetter(String topic, MessageId id) {
        await().until(() -> !deadLetters(topic, id).isEmpty());
        return deadLetters(topic, id).get(0);
    }

    private List<ConsumerRecord<byte[], byte[]>> deadLetters(String topic, MessageId id) {
        return topic(topic).records().stream()
                .filter(record -> id.toString().equals(header(record, "rm-dlt-message-id")))
                .toList();
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        var header = record.headers().lastHeader(name);
        return header == null ? null : new String(header.value(), UTF_8);
    }

    private void stopBilling() {
        registry.getListenerContainer(BILLING).stop();
    }

    private void startBilling() {
        registry.getListenerContainer(BILLING).start();
    }

    private void resetOffsets(String group, String topic) throws Exception {
        try (Admin admin = KafkaTopic.admin(bootstrapServers)) {
            TopicPartition partition = new TopicPartition(topic, 0);
            // the group is empty only once its consumer's leaving has got through
            await().ignoreExceptions().until(() -> {
                admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(0)))
                        .all()
                        .get();
                return true;
            });
        }
    }

    private long committedOffset() {
        try (Admin admin = KafkaTopic.admin(bootstrapServers)) {
            var offsets = admin.listConsumerGroupOffsets("billing")
                    .partitionsToOffsetAndMetadata()
                    .get();
            var committed = offsets.get(new TopicPartition("payments", 0));
            return committed == null ? 0 : committed.offset();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
