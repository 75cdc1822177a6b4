package io.reliablemessaging.failures;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.FailureGroup;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.support.ManyDeadLetters;
import io.reliablemessaging.support.ManyDeadLetters.Plan;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The groups of many dead letters are found and counted by an index, and no group is counted to its end if it is large. */
@SpringBootTest(
        classes = ManyFailureGroupsIT.Host.class,
        properties = {"spring.application.name=groups-test", "reliable-messaging.relay.enabled=false"})
@ReliableMessagingTest
@TestInstance(Lifecycle.PER_CLASS)
class ManyFailureGroupsIT {

    private static final int GROUPS = 50;
    private static final int MOST = 10_000;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Autowired
    DeadLetters letters;

    @Autowired
    Schema schema;

    @Autowired
    JdbcTemplate template;

    @Autowired
    JdbcClient sql;

    int rows() {
        return 100_000;
    }

    @BeforeAll
    void insert() {
        template.execute(
                "truncate reliable_messaging.parked_message, reliable_messaging.parked_key restart identity cascade");
        ManyDeadLetters.insert(template, rows());
    }

    /** The statistics are those of an empty table, then those of the full one. */
    @Test
    void groupsAreFoundWithoutReadingTheTable() {
        assertPlan(DeadLetterQuery.all(), 2L * MOST * GROUPS);
        assertPlan(DeadLetterQuery.dead().group("late"), 2L * MOST * GROUPS);
        template.execute("vacuum analyze reliable_messaging.parked_message");
        // entries of the index only: 10,000 of each group at most, and more than 50 in a page
        assertPlan(DeadLetterQuery.all(), GROUPS * MOST / 50);
    }

    private void assertPlan(DeadLetterQuery query, long most) {
        String condition = query.state() == null ? "true" : "m.state = 'DEAD' and m.consumer_group = :group::text";
        Map<String, Object> params = query.group() == null ? Map.of() : Map.of("group", query.group());
        Plan plan = ManyDeadLetters.explain(
                sql,
                schema.in(FailureGroupReader.sqlOfFingerprints(condition)),
                FailureGroupReader.params(query, params));
        assertThat(plan.readsAll("parked_message")).as(plan.text()).isFalse();
        assertThat(plan.buffers()).as(plan.text()).isPositive().isLessThan(most);
    }

    @Test
    void groupsAreCountedUpToALimit() {
        List<FailureGroup> groups = letters.groups(DeadLetterQuery.all());
        assertThat(groups).hasSize(GROUPS).anyMatch(FailureGroup::moreDead);
        assertThat(groups).allSatisfy(group -> {
            long dead = count(group, "DEAD");
            long waiting = count(group, "WAITING");
            assertThat(group.dead()).isEqualTo(Math.min(dead, MOST));
            assertThat(group.moreDead()).isEqualTo(dead > MOST);
            assertThat(group.waiting()).isEqualTo(Math.min(waiting, MOST));
            assertThat(group.moreWaiting()).isEqualTo(waiting > MOST);
        });
        assertThat(letters.groups(DeadLetterQuery.waiting()))
                .isNotEmpty()
                .allMatch(group -> group.dead() == 0 && !group.moreDead() && group.waiting() > 0);
        assertThat(letters.groups(DeadLetterQuery.all().limit(3))).hasSize(3);
    }

    private long count(FailureGroup group, String state) {
        return sql.sql("select count(*) from reliable_messaging.parked_message where fingerprint = ? and state = ?")
                .params(group.fingerprint(), state)
                .query(Long.class)
                .single();
    }
}
