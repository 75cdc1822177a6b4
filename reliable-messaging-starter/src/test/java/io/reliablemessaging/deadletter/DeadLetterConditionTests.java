package io.reliablemessaging.deadletter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.DeadLetterQuery;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A query asks for all that it names, and for nothing else. */
class DeadLetterConditionTests {

    private static final Pattern PARAMETER = Pattern.compile("(?<!:):([a-z]+)");
    private static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant UNTIL = Instant.parse("2026-01-02T00:00:00Z");

    private static final DeadLetterQuery FULL = DeadLetterQuery.dead()
            .group("shipping")
            .topic("orders")
            .key("order-42")
            .errorClass("ConnectException")
            .parkedAfter(FROM)
            .parkedBefore(UNTIL)
            .after(17);

    @Test
    void whatIsNotAskedForIsNotWrittenDown() {
        DeadLetterCondition all = DeadLetterCondition.of(DeadLetterQuery.all());
        assertThat(all.sql()).isEqualTo("m.id > :after::bigint");
        assertThat(all.params()).isEqualTo(Map.of("after", 0L));
    }

    @Test
    void everythingThatIsAskedForMustBeSo() {
        DeadLetterCondition full = DeadLetterCondition.of(FULL);
        assertThat(full.sql())
                .startsWith("m.id > :after::bigint and m.state = 'DEAD' and ")
                .contains(
                        " and m.consumer_group = :group::text",
                        " and m.topic = :topic::text",
                        " and m.key = :key::bytea",
                        " and m.parked_at >= :from::timestamptz",
                        " and m.parked_at < :until::timestamptz");
        assertThat(full.params())
                .containsEntry("after", 17L)
                .containsEntry("group", "shipping")
                .containsEntry("topic", "orders")
                .containsEntry("key", "order-42".getBytes(UTF_8))
                .containsEntry("error", "ConnectException")
                .containsEntry("tail", "ConnectException".length() + 1)
                .containsEntry("from", OffsetDateTime.parse("2026-01-01T00:00:00Z"))
                .containsEntry("until", OffsetDateTime.parse("2026-01-02T00:00:00Z"));
    }

    @Test
    void eachParameterHasAValueAndEachValueAParameter() {
        for (DeadLetterQuery query : new DeadLetterQuery[] {
            FULL,
            DeadLetterQuery.all(),
            DeadLetterQuery.waiting().errorClass("X"),
            DeadLetterQuery.all().key("k")
        }) {
            DeadLetterCondition deadLetterCondition = DeadLetterCondition.of(query);
            assertThat(PARAMETER.matcher(deadLetterCondition.sql()).results().map(found -> found.group(1)))
                    .containsOnly(deadLetterCondition.params().keySet().toArray(String[]::new));
        }
    }

    /** "a or b and c" would find messages of other groups. */
    @Test
    void alternativesAreInBrackets() {
        String sql = DeadLetterCondition.of(FULL).sql();
        assertThat(sql).contains(" or ");
        int depth = 0;
        for (int i = 0; i < sql.length(); i++) {
            depth += sql.charAt(i) == '(' ? 1 : sql.charAt(i) == ')' ? -1 : 0;
            assertThat(depth > 0 || !sql.startsWith(" or ", i)).as(sql).isTrue();
        }
    }

    @Test
    void aCharacterThatPostgresCannotHoldFindsNothingAndFailsNothing() {
        DeadLetterCondition deadLetterCondition = DeadLetterCondition.of(
                DeadLetterQuery.all().group("a\0b").topic("c\0").errorClass("\0d"));
        assertThat(deadLetterCondition.params())
                .containsEntry("group", "a\\0b")
                .containsEntry("topic", "c\\0")
                .containsEntry("error", "\\0d");
    }
}
