package io.reliablemessaging.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessagingSnapshot.SetAside;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.test.ReliableMessagingTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/** Counting dead letters for a scrape costs the same, however many there are. */
@SpringBootTest(
        classes = ParkedCountsIT.Host.class,
        properties = {"spring.application.name=counts-test", "spring.jpa.open-in-view=false"})
@ReliableMessagingTest
class ParkedCountsIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Autowired
    ParkedCounts counts;

    @Autowired
    Schema schema;

    @Autowired
    JdbcTemplate sql;

    @BeforeEach
    void empty() {
        sql.execute("truncate reliable_messaging.parked_message cascade");
    }

    @Test
    void groupsAndTopicsAreCountedByState() {
        rows(3, "billing", "orders", "DEAD");
        rows(2, "billing", "refunds", "DEAD");
        rows(1, "shipping", "orders", "DEAD");
        rows(4, "shipping", "orders", "WAITING");
        assertThat(counts.count())
                .containsExactly(
                        new SetAside("billing", "orders", 0, 3),
                        new SetAside("billing", "refunds", 0, 2),
                        new SetAside("shipping", "orders", 4, 1));
    }

    @Test
    void nothingIsCounted() {
        assertThat(counts.count()).isEmpty();
    }

    @Test
    void manyAreNeitherCountedNorReadToTheEnd() {
        rows(30_000, "billing", "orders", "DEAD");
        rows(5, "shipping", "orders", "DEAD");
        sql.execute("vacuum analyze reliable_messaging.parked_message");
        assertThat(counts.count())
                .containsExactly(
                        new SetAside("billing", "orders", 0, 10_000), new SetAside("shipping", "orders", 0, 5));
        String plan = String.join(
                "\n",
                sql.queryForList(
                        "explain (analyze, timing off) " + schema.in(ParkedCounts.COUNT.replace(":most", "10000")),
                        String.class));
        assertThat(plan).contains("parked_message_listener").doesNotContain("Seq Scan on parked_message");
    }

    private void rows(int count, String group, String topic, String state) {
        sql.update(
                "insert into reliable_messaging.parked_message (consumer_group, topic, message_id, source_partition,"
                        + " source_offset, queue, key, headers, state, attempts, error_class, stack_trace)"
                        + " select ?, ?, gen_random_uuid(), 0, n, md5('k' || n)::uuid, convert_to('k' || n, 'UTF8'), '\\x0000', ?, 5,"
                        + " 'java.lang.IllegalStateException', 'java.lang.IllegalStateException'"
                        + " from generate_series(1, ?) n",
                group,
                topic,
                state,
                count);
    }
}
