package io.reliablemessaging.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What may be written where. */
class SettingNodeTests {

    private final SettingNode root = new SettingNode();

    record Topic(Integer minIsr, Map<String, String> config, Backoff backoff) {}

    record Backoff(Duration initialDelay) {}

    @BeforeEach
    void settings() {
        add("relay.enabled", "java.lang.Boolean");
        add("listener.unrecoverable", "java.util.List<java.lang.String>");
        add("topics", "java.util.Map<java.lang.String,Topic>");
        add("labels", "java.util.Map<java.lang.String,java.lang.String>");
    }

    @Test
    void aSettingIsTakenHoweverItsNameIsWritten() {
        assertThat(takes("relay", "enabled")).isTrue();
        assertThat(takes("RELAY", "Enabled")).isTrue();
        assertThat(takes("topics", "orders", "min-isr")).isTrue();
        assertThat(takes("topics", "orders", "minIsr")).isTrue();
        assertThat(takes("topics", "orders", "min_isr")).isTrue();
    }

    @Test
    void whatDoesNotExistIsNotTaken() {
        assertThat(takes("relay", "enable")).isFalse();
        assertThat(takes("relay", "enabled", "really")).isFalse();
        assertThat(takes("topics", "orders", "replica")).isFalse();
        assertThat(takes("topics", "orders", "backoff", "delay")).isFalse();
        assertThat(takes("unknown")).isFalse();
    }

    @Test
    void aValueBelongsAtTheEndOfAPathAndNothingMayStandAtAnyPart() {
        assertThat(takes("relay")).isFalse();
        assertThat(root.takes(List.of("relay"), true)).isTrue();
        assertThat(takes("topics", "orders")).isFalse();
        assertThat(root.takes(List.of("topics", "orders"), true)).isTrue();
    }

    @Test
    void listsAndMapsTakeAnyKeyBelowThem() {
        assertThat(takes("listener", "unrecoverable", "0")).isTrue();
        assertThat(takes("labels", "whatever", "is", "written")).isTrue();
        assertThat(takes("topics", "orders", "config", "cleanup.policy")).isTrue();
        assertThat(takes("topics", "orders", "backoff", "initial-delay")).isTrue();
    }

    @Test
    void aNameWithDotsIsMeantInBrackets() {
        List<SettingSuggestion> candidates = new ArrayList<>();
        root.collect(List.of("topics", "orders", "placed", "min-isr"), "", "", candidates);
        assertThat(candidates)
                .contains(
                        new SettingSuggestion("relay.enabled", "relay.enabled"),
                        new SettingSuggestion("topics[orders.placed].min-isr", "topics.orders.placed.min-isr"),
                        new SettingSuggestion("topics.orders.min-isr", "topics.orders.min-isr"));
    }

    @Test
    void theNamesAtTheDeepestKnownPlaceAreTold() {
        assertThat(root.others(List.of("relay", "enable"), "rm")).isEqualTo("rm.relay.{enabled}");
        assertThat(root.others(List.of("unknown"), "rm")).isEqualTo("rm.{labels, listener, relay, topics}");
        assertThat(root.others(List.of("topics", "orders", "replica"), "rm"))
                .isEqualTo("rm.topics.orders.{backoff, config, min-isr}");
    }

    private boolean takes(String... path) {
        return root.takes(List.of(path), false);
    }

    private void add(String path, String type) {
        root.add(path, type, name -> name.equals("Topic") ? Topic.class : null);
    }
}
