package io.reliablemessaging.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What begins with the first group begins whoever comes first. */
class ListeningGroupsTests {

    private final ListeningGroups groups = new ListeningGroups();
    private final AtomicInteger begun = new AtomicInteger();

    @Test
    void withoutAGroupNothingBegins() {
        groups.onFirst(begun::incrementAndGet);
        assertThat(begun).hasValue(0);
        groups.add("shipping");
        assertThat(begun).hasPositiveValue();
    }

    @Test
    void ifThereIsAGroupItBeginsAtOnce() {
        groups.add("shipping");
        groups.onFirst(begun::incrementAndGet);
        assertThat(begun).hasValue(1);
    }

    @Test
    void whatIsBegunKnowsTheGroup() {
        groups.onFirst(() -> {
            assertThat(groups.all()).isNotEmpty();
            begun.incrementAndGet();
        });
        groups.add("shipping");
        assertThat(begun).hasPositiveValue();
        groups.add("billing");
        assertThat(groups.all()).isEqualTo(Set.of("shipping", "billing"));
    }
}
