package io.reliablemessaging.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which setting was meant by one that does not exist. */
class CandidateTests {

    private static final List<Candidate> ALL = Stream.of(
                    "relay.enabled", "listener.max-attempts", "listener.concurrency", "outbox.max-backlog-age")
            .map(path -> new Candidate(path, path))
            .toList();

    @Test
    void lettersThatAreAddedLeftOutReplacedOrExchangedAreOneSlipEach() {
        assertThat(Candidate.distance("relay", "relay")).isZero();
        assertThat(Candidate.distance("relay", "rellay")).isEqualTo(1);
        assertThat(Candidate.distance("relay", "rely")).isEqualTo(1);
        assertThat(Candidate.distance("relay", "relax")).isEqualTo(1);
        assertThat(Candidate.distance("relay", "realy")).isEqualTo(1);
        assertThat(Candidate.distance("relay", "")).isEqualTo(5);
        assertThat(Candidate.distance("max-attempts", "MAX_ATTEMPTS"))
                .as("written in another way")
                .isZero();
    }

    @Test
    void aSlipOfTheHandIsUnderstood() {
        assertThat(Candidate.nearest(ALL, "relay.enabeld")).contains("relay.enabled");
        assertThat(Candidate.nearest(ALL, "listener.concurency")).contains("listener.concurrency");
    }

    @Test
    void aSettingInTheWrongPlaceIsFoundByItsNameIfOnlyOneHasIt() {
        assertThat(Candidate.nearest(ALL, "consumer.max-attempts")).contains("listener.max-attempts");
        List<Candidate> two = List.of(new Candidate("a.timeout", "a.timeout"), new Candidate("b.timeout", "b.timeout"));
        assertThat(Candidate.nearest(two, "something.else.timeout")).isEmpty();
    }

    @Test
    void whatIsOnlyTheSameAtItsBeginIsNotNear() {
        List<Candidate> topics = List.of(new Candidate("topics[orders].config", "topics.orders.config"));
        assertThat(Candidate.nearest(topics, "topics.orders.color")).isEmpty();
        assertThat(Candidate.nearest(topics, "topics.orders.confg")).contains("topics[orders].config");
    }

    @Test
    void withoutCandidatesNothingWasMeant() {
        assertThat(Candidate.nearest(List.of(), "relay")).isEmpty();
    }
}
