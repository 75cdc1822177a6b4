package io.reliablemessaging.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.ReliableEvent;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

/** The README's examples that the sample itself has no use for. */
@SpringBootTest(properties = "reliable-messaging.topics.reminders.partitions=1")
@ReliableMessagingTest
@Import(ReadmeExamplesIT.Reminders.class)
class ReadmeExamplesIT {

    private static final Duration LIMIT = Duration.ofMinutes(1);

    @Autowired
    Reminders reminders;

    @Autowired
    JdbcClient database;

    @Autowired
    KafkaConnectionDetails kafka;

    @Test
    void sendsAnEvent() {
        reminders.remind("Ada");

        Topics topics = new Topics(String.join(",", kafka.getBootstrapServers()));
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(topics.read("reminders"))
                        .filteredOn(record -> record.key().equals("Ada"))
                        .singleElement()
                        .satisfies(record -> assertThat(record.value())
                                .isEqualTo("{\"customer\":\"Ada\",\"text\":\"Please review your teapot\"}")));
    }

    @Test
    void keepsAMessageUntilItIsDue() {
        reminders.remindTomorrow("Grace");

        assertThat(database.sql(
                                "select count(*) from reliable_messaging.outbox_delayed"
                                        + " where deliver_at between now() + interval '23 hours' and now() + interval '25 hours'")
                        .query(Long.class)
                        .single())
                .isEqualTo(1);
    }

    @Test
    void asksTheTables() throws IOException {
        String page = Files.readString(Path.of("../docs/operations.md"));
        String block = Pattern.compile("(?s)## Asking the tables.*?```sql\n(.*?)```")
                .matcher(page)
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
        List<String> questions = List.of(block.split(";\\s*"));

        assertThat(questions)
                .hasSizeGreaterThan(3)
                .allSatisfy(question -> assertThat(database.sql(question)
                                .param("id", UUID.randomUUID())
                                .query()
                                .listOfRows())
                        .isNotNull());
    }

    @ReliableEvent(topic = "reminders", key = "customer")
    record ReminderDue(String customer, String text) {}

    static class Reminders {

        private final ApplicationEventPublisher events;
        private final MessagePublisher messages;

        Reminders(ApplicationEventPublisher events, MessagePublisher messages) {
            this.events = events;
            this.messages = messages;
        }

        @Transactional
        void remind(String customer) {
            events.publishEvent(new ReminderDue(customer, "Please review your teapot"));
        }

        @Transactional
        void remindTomorrow(String customer) {
            messages.publish(OutgoingMessage.to("reminders")
                    .key(customer)
                    .payload(new ReminderDue(customer, "Please review your teapot"))
                    .deliverAt(Instant.now().plus(Duration.ofDays(1)))
                    .build());
        }
    }
}
