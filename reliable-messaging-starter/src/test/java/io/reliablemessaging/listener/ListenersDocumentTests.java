package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.listener.HostSettingFate.Honoured;
import io.reliablemessaging.listener.HostSettingFate.Ignored;
import io.reliablemessaging.listener.UnusedHostSettings.Unused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;

/** docs/listeners.md tells of every attribute and every property, of no others, and what becomes of each. */
class ListenersDocumentTests {

    private static final Pattern ROW = Pattern.compile("\\| `([^`]+)` \\| (\\w+) \\|(.*)\\|");
    private static final Set<String> ALSO_HONOURED = Set.of("group.id", "value.deserializer");

    private record Row(String name, String fate, String text) {}

    static Stream<Map.Entry<String, HostSettingFate>> attributes() {
        return KafkaListenerAttributes.FATES.entrySet().stream();
    }

    @ParameterizedTest
    @MethodSource("attributes")
    void everyAttributeIsDocumented(Map.Entry<String, HostSettingFate> attribute) throws IOException {
        assertIsDocumented(rows("### Attributes of `@KafkaListener`"), attribute.getKey(), attribute.getValue());
    }

    @Test
    void noOtherAttributeIsDocumented() throws IOException {
        assertThat(rows("### Attributes of `@KafkaListener`"))
                .extracting(Row::name)
                .containsExactlyInAnyOrderElementsOf(KafkaListenerAttributes.FATES.keySet());
    }

    @Test
    void everyPropertyIsDocumentedAndNoOther() throws IOException {
        List<Row> rows = rows("### Properties");
        List<String> names = Stream.concat(
                        KafkaMetadata.names("spring.kafka.consumer.").stream().map("consumer."::concat),
                        KafkaMetadata.names("spring.kafka.listener.").stream().map("listener."::concat))
                .toList();
        assertThat(rows).extracting(Row::name).containsExactlyElementsOf(names);
        for (String name : names) {
            assertIsDocumented(rows, name, fate(name));
        }
    }

    @Test
    void everyOtherPartOfTheHostsPropertiesIsMentioned() throws IOException {
        String text = Files.readString(document());
        String elsewhere = text.substring(text.indexOf("Elsewhere below `spring.kafka`"));
        Set<String> parts = new TreeSet<>();
        KafkaMetadata.names("spring.kafka.").forEach(name -> parts.add(name.replaceAll("\\..*", "")));
        parts.removeAll(Set.of("consumer", "listener"));
        assertThat(parts).isNotEmpty().allSatisfy(part -> assertThat(elsewhere).contains("`" + part + "`"));
    }

    @Test
    void everyBeanThatIsNamedAndEveryPropertyOfKafkasThatReachesOurConsumersIsMentioned() throws IOException {
        String text = Files.readString(document());
        UnusedHostSettings.BEANS
                .keySet()
                .forEach(type -> assertThat(text)
                        .contains("`" + Objects.requireNonNull(type.resolve()).getSimpleName() + "`"));
        ConsumerConfiguration.ALLOWED.names().forEach(name -> assertThat(text).contains("`" + name + "`"));
    }

    private static void assertIsDocumented(List<Row> rows, String name, HostSettingFate fate) {
        Row row = rows.stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
        if (fate instanceof Ignored named) {
            assertThat(row).isEqualTo(new Row(name, "named", named.instead()));
        } else {
            assertThat(row.fate()).as(name).isEqualTo(fate instanceof Honoured ? "honoured" : "refused");
        }
    }

    private static HostSettingFate fate(String property) {
        if (property.startsWith("listener.")) {
            Unused unused = UnusedHostSettings.UNUSED.get(property.substring("listener.".length()));
            return unused == null ? HostSettingFate.honoured() : HostSettingFate.ignored(unused.instead());
        }
        List<HostSettingFate> fates = kafkaNames("spring.kafka." + property).stream()
                .map(ListenersDocumentTests::fateOfKafkaName)
                .distinct()
                .toList();
        // a bundle comes with the connection, whatever properties say
        return fates.isEmpty() && property.endsWith("ssl.bundle") ? HostSettingFate.honoured() : one(fates);
    }

    private static HostSettingFate fateOfKafkaName(String name) {
        String instead = ConsumerConfiguration.INSTEAD.get(name);
        assertThat(instead != null || ConsumerConfiguration.ALLOWED.allows(name) || ALSO_HONOURED.contains(name))
                .as(name)
                .isTrue();
        return instead == null ? HostSettingFate.honoured() : HostSettingFate.ignored(instead);
    }

    private static HostSettingFate one(List<HostSettingFate> fates) {
        assertThat(fates).hasSize(1);
        return fates.get(0);
    }

    /** What Boot makes of a property for Kafka's consumers. */
    private static Set<String> kafkaNames(String property) {
        Map<String, Object> unset = new KafkaProperties().buildConsumerProperties();
        Map<String, Object> set =
                new HashMap<>(new Binder(new MapConfigurationPropertySource(KafkaMetadata.sample(property)))
                        .bind("spring.kafka", Bindable.of(KafkaProperties.class))
                        .get()
                        .buildConsumerProperties());
        set.entrySet().removeIf(each -> Objects.equals(each.getValue(), unset.get(each.getKey())));
        return set.keySet();
    }

    /** The rows of the first table below a heading. */
    private static List<Row> rows(String heading) throws IOException {
        return Files.readAllLines(document()).stream()
                .dropWhile(line -> !line.equals(heading))
                .dropWhile(line -> !line.startsWith("|"))
                .takeWhile(line -> line.startsWith("|"))
                .map(ROW::matcher)
                .filter(Matcher::matches)
                .map(row -> new Row(row.group(1), row.group(2), row.group(3).strip()))
                .toList();
    }

    private static Path document() {
        return Path.of("..", "docs", "listeners.md");
    }
}
