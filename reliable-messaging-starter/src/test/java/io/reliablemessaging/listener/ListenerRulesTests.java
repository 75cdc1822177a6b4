package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.handler.IllegalListenerException;
import java.lang.reflect.Method;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which listeners can live side by side, and whose dead letters a topic can take. */
class ListenerRulesTests {

    private final ListenerRules rules = new ListenerRules();
    private final Method bill = method("bill");
    private final Method check = method("check");

    @SuppressWarnings("unused")
    static class Methods {
        void bill(String payload) {}

        void check(String payload) {}
    }

    @Test
    void twoMethodsOfOneGroupOnOneTopicAreRefusedWithBothNames() {
        rules.add("billing", List.of("orders", "returns"), Ordering.KEY, bill);
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> rules.add("billing", List.of("returns"), Ordering.KEY, check))
                .withMessageContaining("'returns'")
                .withMessageContaining("'billing'")
                .withMessageContaining("Methods.bill(")
                .withMessageContaining("Methods.check(")
                .withMessageContaining("another groupId");
    }

    @Test
    void oneMethodOfTwoBeansIsRefusedToo() {
        rules.add("billing", List.of("orders"), Ordering.KEY, bill);
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> rules.add("billing", List.of("orders"), Ordering.KEY, bill))
                .withMessageContaining("the same method of another bean");
    }

    @Test
    void anotherListenerMayTakeThePlaceOfOneThatIsGone() {
        rules.add("billing", List.of("orders"), Ordering.KEY, bill);
        rules.remove("billing", List.of("orders"));
        assertThatNoException().isThrownBy(() -> rules.add("billing", List.of("orders"), Ordering.NONE, bill));
    }

    @Test
    void otherTopicsOfAGroupAndOtherGroupsOfATopicPass() {
        rules.add("billing", List.of("orders"), Ordering.KEY, bill);
        assertThatNoException().isThrownBy(() -> {
            rules.add("billing", List.of("returns"), Ordering.PARTITION, check);
            rules.add("audit", List.of("orders"), Ordering.NONE, check);
        });
    }

    @Test
    void aGroupIsOfOneKind() {
        rules.add("billing", List.of("orders"), Ordering.KEY, bill);
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> rules.add("billing", List.of("returns"), Ordering.NONE, check))
                .withMessageContaining("share group")
                .withMessageContaining("Methods.bill(");
    }

    @ParameterizedTest
    @EnumSource
    void aGroupThatCannotBePartOfATopicsNameIsRefused(Ordering ordering) {
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> rules.add("billing service", List.of("orders"), ordering, bill))
                .withMessageContaining("'billing service'")
                .withMessageContaining("'orders.billing service.dlt'")
                .withMessageContaining("Choose a groupId");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a/b", "a:b", "a,b", "ümlaut", "a\nb"})
    void namesThatKafkaAllowsForGroupsOnlyAreRefused(String group) {
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> rules.add(group, List.of("orders"), Ordering.KEY, bill));
    }

    @Test
    void theLongestNameOfADeadLetterTopicPassesAndOneCharacterMoreDoesNot() {
        String group = "g".repeat(249 - "orders..dlt".length());
        assertThatNoException().isThrownBy(() -> rules.add(group, List.of("orders"), Ordering.KEY, bill));
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> rules.add(group + "g", List.of("orders"), Ordering.KEY, check))
                .withMessageContaining("has 250 characters")
                .withMessageContaining("'orders." + group + "g.dlt'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "two words", ".", ".."})
    void whatIsNoTopicIsRefused(String topic) {
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> rules.add("billing", List.of(topic), Ordering.KEY, bill))
                .withMessageContaining("not the name of a topic");
    }

    @Test
    void aListenerWithoutTopicsIsRefused() {
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> rules.add("billing", List.of(), Ordering.KEY, bill))
                .withMessageContaining("has no topic");
    }

    private static Method method(String name) {
        try {
            return Methods.class.getDeclaredMethod(name, String.class);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(e);
        }
    }
}
