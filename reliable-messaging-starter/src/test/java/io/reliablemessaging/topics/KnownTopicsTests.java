package io.reliablemessaging.topics;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.ReliableTopic;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which topics are this application's, and whose it is to create them. */
class KnownTopicsTests {

    private static final MessageId ID = MessageId.at(Instant.EPOCH);

    private final ListenedTopics listened = new ListenedTopics();
    private final PublishedTopics published = new PublishedTopics();
    private final KnownTopics known = new KnownTopics(
            Map.of(
                    "orders",
                    ReliableTopic.named("orders").partitions(6),
                    "orders.dead",
                    ReliableTopic.named("orders.dead")),
            listened,
            published,
            () -> Set.of("hosts"));

    @Test
    void allTopicsAreKnownHoweverTheyWereMadeKnown() {
        listened.add("shipping", "payments", "payments.dead");
        published.published(ID, "invoices");
        published.sent(new Confirmation(ID, "receipts", 0, 1, Instant.EPOCH), Duration.ZERO);
        assertThat(known.all())
                .containsExactly("hosts", "invoices", "orders", "orders.dead", "payments", "payments.dead", "receipts");
    }

    @Test
    void whoeverDeclaresATopicOfDeadLettersOnlySaysHowItIsToBe() {
        assertThat(known.declared()).containsExactly("orders", "orders.dead");
        listened.add("shipping", "orders", "orders.dead");
        assertThat(known.declared()).containsExactly("orders");
        assertThat(known.deadLetters()).isEqualTo(Map.of("orders.dead", "orders"));
    }

    @Test
    void aTopicThatIsOnlyListenedToIsOfOthers() {
        listened.add("shipping", "payments", "payments.dead");
        listened.add("shipping", "orders", "orders.dead");
        listened.add("shipping", "hosts", "hosts.dead");
        assertThat(known.isOfOthers("payments")).isTrue();
        assertThat(known.isOfOthers("orders")).as("declared").isFalse();
        assertThat(known.isOfOthers("hosts")).as("created by Spring Kafka").isFalse();
        assertThat(known.isOfOthers("unknown")).isFalse();
    }

    @Test
    void aTopicIsSentToIfItWasDeclaredOrPublishedTo() {
        assertThat(known.isSentTo("orders")).isTrue();
        assertThat(known.isSentTo("invoices")).isFalse();
        published.published(ID, "invoices");
        assertThat(known.isSentTo("invoices")).isTrue();
        assertThat(known.isSentTo("hosts")).isFalse();
    }

    @Test
    void whatWasNotDeclaredHasNoSettings() {
        assertThat(known.settings("orders").partitions()).isEqualTo(6);
        assertThat(known.settings("unknown")).isEqualTo(ReliableTopic.named("unknown"));
    }

    @Test
    void namesThatAnApplicationMakesUpDoNotFillTheMemory() {
        for (int i = 0; i < 1_500; i++) {
            published.published(ID, "topic-" + i);
        }
        assertThat(published.all()).hasSize(1_000).contains("topic-999");
    }
}
