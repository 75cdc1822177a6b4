package io.reliablemessaging.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which setting was meant by one that does not exist. */
class SettingSuggestionTests {

    private static final List<SettingSuggestion> ALL = Stream.of(
                    "relay.enabled", "listener.max-attempts", "listener.concurrency", "outbox.max-backlog-age")
            .map(path -> new SettingSuggestion(path, path))
            .toList();

    @Test
    void lettersThatAreAddedLeftOutReplacedOrExchangedAreOneSlipEach() {
        assertThat(SettingSuggestion.distance("relay", "relay")).isZero();
        assertThat(SettingSuggestion.distance("relay", "rellay")).isEqualTo(1);
        assertThat(SettingSuggestion.distance("relay", "rely")).isEqualTo(1);
        assertThat(SettingSuggestion.distance("relay", "relax")).isEqualTo(1);
        assertThat(SettingSuggestion.distance("relay", "realy")).isEqualTo(1);
        assertThat(SettingSuggestion.distance("relay", "")).isEqualTo(5);
        assertThat(SettingSuggestion.distance("max-attempts", "MAX_ATTEMPTS"))
                .as("written in another way")
                .isZero();
    }

    @Test
    void aSlipOfTheHandIsUnderstood() {
        assertThat(SettingSuggestion.nearest(ALL, "relay.enabeld")).contains("relay.enabled");
        assertThat(SettingSuggestion.nearest(ALL, "listener.concurency")).contains("listener.concurrency");
    }

    @Test
    void aSettingInTheWrongPlaceIsFoundByItsNameIfOnlyOneHasIt() {
        assertThat(SettingSuggestion.nearest(ALL, "consumer.max-attempts")).contains("listener.max-attempts");
        List<SettingSuggestion> two = List.of(
                new SettingSuggestion("a.timeout", "a.timeout"), new SettingSuggestion("b.timeout", "b.timeout"));
        assertThat(SettingSuggestion.nearest(two, "something.else.timeout")).isEmpty();
    }

    @Test
    void whatIsOnlyTheSameAtItsBeginIsNotNear() {
        List<SettingSuggestion> topics =
                List.of(new SettingSuggestion("topics[orders].config", "topics.orders.config"));
        assertThat(SettingSuggestion.nearest(topics, "topics.orders.color")).isEmpty();
        assertThat(SettingSuggestion.nearest(topics, "topics.orders.confg")).contains("topics[orders].config");
    }

    @Test
    void withoutCandidatesNothingWasMeant() {
        assertThat(SettingSuggestion.nearest(List.of(), "relay")).isEmpty();
    }
}
