package io.reliablemessaging.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.util.StringUtils;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Holds dashboard and alerts to what a Prometheus registry shows of our metrics. */
class GrafanaTests {

    private static final Path FOLDER = Path.of("../docs/grafana");
    private static final Pattern METRIC = Pattern.compile("\\breliable_messaging_\\w+");
    private static final Pattern SELECTED = Pattern.compile("(\\w+) *(?:=~|=|!=|!~) *\"");
    private static final Pattern GROUPED = Pattern.compile("\\bby \\(([^)]*)\\)");

    /** What a scrape adds. */
    private static final Set<String> OF_THE_SCRAPE = Set.of("job", "instance");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    GrafanaTests() {
        for (MessagingMetric metric : MessagingMetric.values()) {
            String[] values = metric.tags().toArray(String[]::new);
            switch (metric.type()) {
                case COUNTER -> metric.counter(registry, values);
                case TIMER -> metric.timer(registry, values);
                case DISTRIBUTION_SUMMARY -> metric.summary(registry);
                default -> metric.gauges(registry).register(List.of(MultiGauge.Row.of(metric.tagged(values), 1)));
            }
        }
    }

    @Test
    void everyMetricThatTheyNameExists() throws IOException {
        Set<String> exposed = registry.scrape()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .flatMap(line -> METRIC.matcher(line).results().limit(1).map(MatchResult::group))
                .collect(Collectors.toSet());
        assertThat(named(all())).isNotEmpty().isSubsetOf(exposed);
    }

    @Test
    void everyLabelThatTheyUseExists() throws IOException {
        Set<String> labels = new TreeSet<>(OF_THE_SCRAPE);
        for (MessagingMetric metric : MessagingMetric.values()) {
            labels.addAll(metric.tags());
        }
        Set<String> used = new TreeSet<>();
        for (String expression : all()) {
            SELECTED.matcher(expression).results().forEach(match -> used.add(match.group(1)));
            GROUPED.matcher(expression)
                    .results()
                    .forEach(match -> used.addAll(
                            StringUtils.commaDelimitedListToSet(match.group(1).replace(" ", ""))));
        }
        assertThat(used).contains("outcome", "listener").isSubsetOf(labels);
    }

    @Test
    void theDashboardLeavesNoMetricOut() throws IOException {
        Set<String> shown = named(dashboard());
        assertThat(MessagingMetric.values())
                .allSatisfy(metric -> assertThat(shown)
                        .anyMatch(name -> name.startsWith(metric.id().replace('.', '_'))));
    }

    @Test
    void everyAlertSaysWhatAndWhatNow() throws IOException {
        assertThat(rules()).isNotEmpty().allSatisfy(rule -> {
            assertThat(rule).containsKeys("alert", "expr", "labels");
            assertThat(rule.get("annotations").toString()).contains("summary=").contains("description=");
        });
    }

    private static Set<String> named(List<String> expressions) {
        return expressions.stream()
                .flatMap(expression -> METRIC.matcher(expression).results().map(MatchResult::group))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<String> all() throws IOException {
        List<String> expressions = new ArrayList<>(dashboard());
        rules().forEach(rule -> expressions.add((String) rule.get("expr")));
        return expressions;
    }

    private static List<String> dashboard() throws IOException {
        JsonNode dashboard = JsonMapper.shared().readTree(Files.readString(FOLDER.resolve("dashboard.json")));
        List<String> expressions = new ArrayList<>();
        dashboard.findValues("expr").forEach(expression -> expressions.add(expression.asString()));
        dashboard.findValues("query").stream()
                .filter(JsonNode::isString)
                .filter(query -> query.asString().startsWith("label_values"))
                .forEach(query -> expressions.add(query.asString()));
        return expressions;
    }

    @SuppressWarnings("unchecked") // the file's own structure
    private static List<Map<String, Object>> rules() throws IOException {
        Map<String, List<Map<String, List<Map<String, Object>>>>> file =
                new Yaml().load(Files.readString(FOLDER.resolve("alerts.yml")));
        return file.get("groups").get(0).get("rules");
    }
}
