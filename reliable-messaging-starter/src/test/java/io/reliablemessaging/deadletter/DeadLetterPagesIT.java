package io.reliablemessaging.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.FailureGroup;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.support.ManyDeadLetters;
import io.reliablemessaging.support.ManyDeadLetters.Plan;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
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

/**
 * Finding a page of dead letters costs the same, however many there are, wherever those that are wanted are, and whatever
 * PostgreSQL believes about them. What is found is what the query says.
 */
@SpringBootTest(
        classes = DeadLetterPagesIT.Host.class,
        properties = {"spring.application.name=pages-test", "reliable-messaging.relay.enabled=false"})
@ReliableMessagingTest
@TestInstance(Lifecycle.PER_CLASS)
class DeadLetterPagesIT {

    private static final int MOST_BUFFERS = 2_000;
    // of several conditions only one finds messages by its index
    private static final int MOST_BUFFERS_OF_SEVERAL = 5_000;
    private static final Instant FIRST = Instant.parse("2026-01-01T00:00:00Z");

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

    private Map<String, DeadLetterQuery> queries() {
        DeadLetterQuery all = DeadLetterQuery.all();
        Map<String, DeadLetterQuery> queries = new LinkedHashMap<>();
        queries.put("all", all);
        queries.put("dead", DeadLetterQuery.dead());
        queries.put("waiting, which are late", DeadLetterQuery.waiting());
        queries.put("listener", all.group("group1").topic("topic2"));
        queries.put("late listener", all.group("late").topic("topic1"));
        queries.put(
                "dead of a late listener", DeadLetterQuery.dead().group("late").topic("topic1"));
        queries.put("late group", all.group("late"));
        queries.put("topic", all.topic("topic3"));
        queries.put("unknown listener", all.group("nobody").topic("topic1"));
        queries.put("key", all.key("k7"));
        queries.put("waiting of a key", DeadLetterQuery.waiting().key("k7"));
        queries.put("unknown key", all.key("unknown"));
        queries.put("fingerprint", all.fingerprint("0000000000000007"));
        queries.put("late fingerprint", all.fingerprint(ManyDeadLetters.LATE_FINGERPRINT));
        queries.put("waiting of a fingerprint", DeadLetterQuery.waiting().fingerprint("0000000000000007"));
        queries.put("unknown fingerprint", all.fingerprint("eeeeeeeeeeeeeeee"));
        queries.put("no fingerprint", all.fingerprint(FailureGroup.NO_FINGERPRINT));
        queries.put("frequent word", all.words("stock"));
        queries.put("words of the last", all.words("refused connection"));
        queries.put("waiting with words of the last", DeadLetterQuery.waiting().words("Connection refused"));
        queries.put("word of one", all.words("order-" + (rows() - 1)));
        queries.put("unknown word", all.words("nowhere"));
        queries.put("late class", all.errorClass("LateException"));
        queries.put("late class with its package", all.errorClass("java.net.Outer$LateException"));
        queries.put("half of a class", all.errorClass("ateException"));
        queries.put("young", all.parkedAfter(time(0.99)));
        queries.put("dead and young", DeadLetterQuery.dead().parkedAfter(time(0.99)));
        queries.put("old", all.parkedBefore(time(0.0005)));
        queries.put("waiting and old", DeadLetterQuery.waiting().parkedBefore(time(0.9703)));
        queries.put(
                "of a second", all.parkedAfter(time(0.5)).parkedBefore(time(0.5).plusSeconds(1)));
        queries.put("too young", all.parkedAfter(time(2)));
        queries.put("too old", all.parkedBefore(FIRST));
        return queries;
    }

    private Map<String, DeadLetterQuery> ofSeveral() {
        DeadLetterQuery all = DeadLetterQuery.all();
        Map<String, DeadLetterQuery> queries = new LinkedHashMap<>();
        queries.put("words and class", all.words("refused").errorClass("LateException"));
        queries.put(
                "fingerprint, listener and age",
                all.fingerprint("0000000000000007")
                        .group("group1")
                        .topic("topic2")
                        .parkedAfter(time(0.5)));
        queries.put("young of a key", all.key("k7").parkedAfter(time(0.8)));
        queries.put("listener with words", all.group("late").topic("topic2").words("refused"));
        return queries;
    }

    private Instant time(double part) {
        return FIRST.plus(Duration.ofSeconds((long) (rows() * part)));
    }

    /** The statistics are those of an empty table, then those of the full one. */
    @Test
    void eachPageTouchesABoundedNumberOfBuffersAndHasWhatTheConditionSelects() {
        assertPages();
        template.execute("vacuum analyze reliable_messaging.parked_message");
        template.execute("vacuum analyze reliable_messaging.parked_key");
        assertPages();
    }

    private void assertPages() {
        queries().forEach((name, query) -> {
            assertPage(name, query, MOST_BUFFERS);
            assertPage(name + ", at the end", query.after((long) (rows() * 0.9985)), MOST_BUFFERS);
        });
        ofSeveral().forEach((name, query) -> assertPage(name, query, MOST_BUFFERS_OF_SEVERAL));
    }

    private void assertPage(String name, DeadLetterQuery query, int most) {
        DeadLetterCondition page = DeadLetterCondition.page(query, Long.MAX_VALUE, 100);
        Plan plan = ManyDeadLetters.explain(sql, schema.in(DeadLetterReader.lettersOf(page)), page.params());
        assertThat(plan.buffers()).as("%s%n%s", name, plan.text()).isPositive().isLessThan(most);
        assertThat(plan.readsAll("parked_message"))
                .as("%s%n%s", name, plan.text())
                .isFalse();
        List<Long> ids = letters.find(query).stream().map(DeadLetter::id).toList();
        DeadLetterCondition condition = DeadLetterCondition.of(query);
        assertThat(ids)
                .as(name)
                .isEqualTo(sql.sql("select m.id from reliable_messaging.parked_message m where " + condition.sql()
                                + " order by m.id limit 100")
                        .params(condition.params())
                        .query(Long.class)
                        .list());
    }

    @Test
    void aPageEndsAtTheHighestIdThatIsAskedFor() {
        for (DeadLetterQuery query : List.of(
                DeadLetterQuery.dead(),
                DeadLetterQuery.dead().words("stock"),
                DeadLetterQuery.all().fingerprint("0000000000000007"),
                DeadLetterQuery.all().parkedBefore(time(0.9)))) {
            DeadLetterCondition page = DeadLetterCondition.page(query.after(490), 1_000, 1_000);
            assertThat(sql.sql(page.sql())
                            .params(page.params())
                            .query(Long.class)
                            .list())
                    .as("%s", query)
                    .isNotEmpty()
                    .allMatch(id -> id > 490 && id <= 1_000)
                    .isSorted();
        }
    }
}
