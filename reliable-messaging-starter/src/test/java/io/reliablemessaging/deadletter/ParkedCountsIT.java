package io.reliablemessaging.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.deadletter.ParkedCounts.Count;
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
        assertThat(counts.of(State.DEAD))
                .containsExactly(
                        new Count("billing", "orders", 3),
                        new Count("billing", "refunds", 2),
                        new Count("shipping", "orders", 1));
        assertThat(counts.of(State.WAITING)).containsExactly(new Count("shipping", "orders", 4));
    }

    @Test
    void nothingIsCounted() {
        assertThat(counts.of(State.DEAD)).isEmpty();
    }

    @Test
    void manyAreNeitherCountedNorReadToTheEnd() {
        rows(30_000, "billing", "orders", "DEAD");
        rows(5, "shipping", "orders", "DEAD");
        sql.execute("vacuum analyze reliable_messaging.parked_message");
        assertThat(counts.of(State.DEAD))
                .containsExactly(new Count("billing", "orders", ParkedCounts.MOST), new Count("shipping", "orders", 5));
        String plan = String.join(
                "\n",
                sql.queryForList(
                        "explain (analyze, timing off) " + ParkedCounts.sql(schema, State.DEAD),
                        String.class,
                        ParkedCounts.MOST));
        assertThat(plan).contains("parked_message_dead").doesNotContain("Seq Scan on parked_message");
    }

    private void rows(int count, String group, String topic, String state) {
        sql.update(
                "insert into reliable_messaging.parked_message (consumer_group, topic, message_id, source_partition,"
                        + " source_offset, key, headers, state, attempts, error_class, stack_trace)"
                        + " select ?, ?, gen_random_uuid(), 0, n, convert_to('k' || n, 'UTF8'), '\\x0000', ?, 5,"
                        + " 'java.lang.IllegalStateException', 'java.lang.IllegalStateException'"
                        + " from generate_series(1, ?) n",
                group,
                topic,
                state,
                count);
    }
}
