package io.reliablemessaging.topics;

import static io.reliablemessaging.topics.FoundTopics.config;
import static io.reliablemessaging.topics.FoundTopics.topic;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Finding;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.ReliableTopic;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is asked of topics: as they were declared, else as safe as the cluster can hold. */
class TopicRulesTests {

    private static final Duration WINDOW = Duration.ofDays(14);
    private static final long MAX_REQUEST = 1_048_576;
    private static final String DEAD = "orders.shipping.dead";

    private final Map<String, ReliableTopic> declared = new HashMap<>();
    private final ListenedTopics listened = new ListenedTopics();
    private final PublishedTopics published = new PublishedTopics();
    private final Map<String, TopicState> topics = new HashMap<>();
    private final Map<String, String> refused = new HashMap<>();
    private Set<String> missing = Set.of();
    private Set<Integer> brokers = Set.of(1, 2, 3);

    @Test
    void aTopicThatIsAsSafeAsItCanBeHasNoFindings() {
        declare(ReliableTopic.named("orders"));
        find("orders", 3, 3, Map.of("min.insync.replicas", "2"));
        assertThat(judge()).isEmpty();
    }

    @Test
    void fewerReplicasThanWantedAreAFinding() {
        declare(ReliableTopic.named("orders"));
        find("orders", 3, 2, Map.of("min.insync.replicas", "2"));
        assertThat(wheres()).contains("replicas of topic orders");
        declare(ReliableTopic.named("orders").replicas(2).minIsr(2));
        assertThat(judge()).as("declared so").isEmpty();
    }

    @Test
    void aMajorityIsToHaveAMessageAndOneBrokerToBeSpared() {
        declare(ReliableTopic.named("orders"));
        find("orders", 3, 3, Map.of("min.insync.replicas", "1"));
        assertThat(only().required()).isEqualTo("2");
        find("orders", 3, 3, Map.of("min.insync.replicas", "3"));
        assertThat(only().actual()).isEqualTo("3 of 3 replicas");
        declare(ReliableTopic.named("orders").minIsr(3));
        assertThat(judge()).isEmpty();
    }

    @Test
    void anUncleanElectionLosesMessagesUnlessSomebodyWantsThat() {
        declare(ReliableTopic.named("orders"));
        Map<String, String> unclean = Map.of("min.insync.replicas", "2", "unclean.leader.election.enable", "true");
        find("orders", 3, 3, unclean);
        assertThat(only().where()).isEqualTo("unclean.leader.election.enable of topic orders");
        declare(ReliableTopic.named("orders").config("unclean.leader.election.enable", "true"));
        assertThat(judge()).isEmpty();
    }

    @Test
    void aSingleReplicaIsToBeFlushedWhereThereAreMoreBrokers() {
        declare(ReliableTopic.named("orders").replicas(1));
        find("orders", 3, 1, Map.of());
        assertThat(only().where()).isEqualTo("flush.messages of topic orders");
        find("orders", 3, 1, Map.of("flush.messages", "1"));
        assertThat(judge()).isEmpty();
        find("orders", 3, 1, Map.of());
        brokers = Set.of(1);
        assertThat(judge()).as("the only broker there is").isEmpty();
    }

    @Test
    void onlyTopicsThatAreSentToHaveToTakeLargeMessages() {
        listen("orders");
        find("orders", 3, 3, Map.of("min.insync.replicas", "2", "max.message.bytes", "1000"));
        find(DEAD, 3, 3, dead("max.message.bytes", "2000"));
        assertThat(judge()).isEmpty();
        published.published(MessageId.at(Instant.EPOCH), "orders");
        assertThat(only().where()).isEqualTo("max.message.bytes of topic orders");
    }

    @Test
    void whatWasDeclaredAndIsOtherwiseIsAFindingEach() {
        declare(ReliableTopic.named("orders")
                .partitions(6)
                .retention(Duration.ofDays(1))
                .config("compression.type", "zstd"));
        find("orders", 3, 3, Map.of("min.insync.replicas", "2", "retention.ms", "-1", "compression.type", "producer"));
        assertThat(wheres())
                .containsExactlyInAnyOrder(
                        "partitions of topic orders",
                        "retention.ms of topic orders",
                        "compression.type of topic orders");
        find(
                "orders",
                6,
                3,
                Map.of("min.insync.replicas", "2", "retention.ms", "86400000", "compression.type", "zstd"));
        assertThat(judge()).isEmpty();
    }

    @Test
    void aMissingTopicIsToldWithWhoHasToMakeIt() {
        declare(ReliableTopic.named("orders"));
        listen("payments");
        missing = Set.of("orders", "payments");
        List<Finding> findings = judge();
        assertThat(findings).extracting(Finding::where).containsExactlyInAnyOrder("topic orders", "topic payments");
        assertThat(findings.stream()
                        .filter(each -> each.where().endsWith("orders"))
                        .findFirst()
                        .orElseThrow()
                        .remedy())
                .startsWith("Create it");
        assertThat(findings.stream()
                        .filter(each -> each.where().endsWith("payments"))
                        .findFirst()
                        .orElseThrow()
                        .remedy())
                .startsWith("Start the application that sends to it");
    }

    @Test
    void aTopicOfDeadLettersThatIsMissingWithItsSourceIsNotToldApart() {
        listen("orders");
        missing = Set.of("orders", DEAD);
        assertThat(wheres()).containsExactly("topic orders");
        missing = Set.of(DEAD);
        find("orders", 3, 3, Map.of("min.insync.replicas", "2"));
        assertThat(wheres()).containsExactly("topic " + DEAD);
    }

    @Test
    void aTopicThatTheClusterRefusesIsToldWithItsReason() {
        declare(ReliableTopic.named("orders"));
        missing = Set.of("orders");
        refused.put("orders", "replication factor 5 is larger than 3");
        assertThat(only().actual()).contains("replication factor 5");
    }

    @Test
    void deadLettersAreToBeKeptForTheRedriveWindow() {
        listen("orders");
        find("orders", 3, 3, Map.of("min.insync.replicas", "2"));
        find(DEAD, 3, 3, Map.of("min.insync.replicas", "2", "retention.ms", Long.toString(WINDOW.toMillis() - 1)));
        assertThat(only().where()).isEqualTo("retention.ms of topic " + DEAD);
        find(DEAD, 3, 3, dead("retention.bytes", "1000"));
        assertThat(only().where()).isEqualTo("retention.bytes of topic " + DEAD);
        find(DEAD, 3, 3, dead("retention.bytes", "-1"));
        assertThat(judge()).isEmpty();
    }

    @Test
    void theTopicOfDeadLettersTakesWhateverItsSourceTakes() {
        listen("orders");
        find("orders", 3, 3, Map.of("min.insync.replicas", "2", "max.message.bytes", "5000000"));
        find(DEAD, 3, 3, dead("max.message.bytes", "4999999"));
        assertThat(only().required()).isEqualTo("at least 5000000, as topic orders");
    }

    @Test
    void ofATopicWhoseSettingsAreHiddenOnlyItsReplicasAreJudged() {
        declare(ReliableTopic.named("orders").partitions(9));
        topics.put("orders", new TopicState(topic("orders", 3, 1, Map.of()).description(), null));
        assertThat(wheres()).containsExactly("replicas of topic orders");
    }

    private void declare(ReliableTopic topic) {
        declared.put(topic.name(), topic);
    }

    private void listen(String topic) {
        listened.add("shipping", topic, topic + ".shipping.dead");
    }

    private void find(String name, int partitions, int replicas, Map<String, String> settings) {
        topics.put(name, topic(name, partitions, replicas, settings));
    }

    private static Map<String, String> dead(String setting, String value) {
        Map<String, String> settings = new HashMap<>(Map.of("min.insync.replicas", "2", "retention.ms", "-1"));
        settings.put(setting, value);
        return settings;
    }

    private List<Finding> judge() {
        KnownTopics known = new KnownTopics(declared, listened, published, Set::of);
        ClusterState cluster =
                new ClusterState(brokers, Set.of(), config(Map.of()), topics, missing, Map.of(), Map.of());
        return new TopicRules(known, WINDOW, MAX_REQUEST).judge(cluster, refused);
    }

    private List<String> wheres() {
        return judge().stream().map(Finding::where).toList();
    }

    private Finding only() {
        List<Finding> findings = judge();
        assertThat(findings).hasSize(1);
        return findings.get(0);
    }
}
