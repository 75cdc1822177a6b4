package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.util.ClassUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an editor shows of our properties, read from the generated metadata. */
class ConfigurationMetadataTests {

    private static final Pattern REFERRING = Pattern.compile(
            "\\b(such (?!as\\b)|(than|after|before|as) that\\b|ours?\\b|of them\\b|above\\b|likewise\\b)|^(It|They|Same)\\b");
    private static final int FEWEST_WORDS = 5;

    @Test
    void everyPropertyHasADescriptionThatBootWouldAccept() throws Exception {
        List<String> faults = new ArrayList<>();
        for (JsonNode property : metadata().get("properties")) {
            String name = property.get("name").asString();
            String description =
                    property.has("description") ? property.get("description").asString() : "";
            if (description.isBlank()) {
                faults.add(name + " has no description");
            } else if (description.matches("(The|A|An) .*")) {
                faults.add(name + " begins with an article");
            } else if (!Character.isUpperCase(description.charAt(0))) {
                faults.add(name + " does not begin with a capital");
            } else if (property.get("type").asString().equals("java.lang.Boolean")
                    && !description.matches("(Whether|Enable) .*")) {
                faults.add(name + " is a boolean but does not begin with 'Whether' or 'Enable'");
            }
        }
        assertThat(faults).isEmpty();
    }

    /** A popup shows one description, without its neighbours. */
    @Test
    void everyDescriptionStandsByItself() throws Exception {
        Map<String, String> faults = new TreeMap<>();
        for (JsonNode property : metadata().get("properties")) {
            String description = property.path("description").asString();
            if (REFERRING.matcher(description).find() || description.split(" ").length < FEWEST_WORDS) {
                faults.put(property.get("name").asString(), description);
            }
        }
        assertThat(faults).isEmpty();
    }

    @Test
    void everyValueOfAnEnumIsExplained() throws Exception {
        for (JsonNode property : metadata().get("properties")) {
            Class<?> type = type(property);
            if (type != null && type.isEnum() && isOurs(property)) {
                List<String> values = new ArrayList<>();
                for (JsonNode value : hint(property.get("name").asString()).path("values")) {
                    assertThat(value.path("description").asString()).isNotBlank();
                    values.add(value.get("value").asString());
                }
                assertThat(values)
                        .as(property.get("name").asString())
                        .containsExactlyInAnyOrderElementsOf(Arrays.stream(type.getEnumConstants())
                                .map(constant -> constant.toString()
                                        .toLowerCase(Locale.ROOT)
                                        .replace('_', '-'))
                                .toList());
            }
        }
    }

    @Test
    void classesAndKeysCanBeCompleted() throws Exception {
        for (JsonNode property : metadata().get("properties")) {
            String name = property.get("name").asString();
            String type = property.get("type").asString();
            if (type.equals("java.util.List<java.lang.String>")) {
                assertThat(hint(name).at("/providers/0/name").asString())
                        .as(name)
                        .isEqualTo("class-reference");
            } else if (type.startsWith("java.util.Map<")) {
                assertThat(hint(name + ".keys").path("values")).as(name).isNotEmpty();
            }
        }
    }

    @Test
    void everyHintIsForAProperty() throws Exception {
        List<String> names = names();
        for (JsonNode hint : metadata().get("hints")) {
            String name = hint.get("name").asString();
            assertThat(names).contains(names.contains(name) ? name : name.replaceAll("\\.(keys|values)$", ""));
        }
    }

    private JsonNode hint(String name) throws Exception {
        for (JsonNode hint : metadata().get("hints")) {
            if (hint.get("name").asString().equals(name)) {
                return hint;
            }
        }
        throw new AssertionError("There is no hint for " + name);
    }

    private static boolean isOurs(JsonNode property) {
        return property.get("name").asString().startsWith("reliable-messaging.");
    }

    private static Class<?> type(JsonNode property) {
        String name = property.get("type").asString();
        return ClassUtils.isPresent(name, null) ? ClassUtils.resolveClassName(name, null) : null;
    }

    private List<String> names() throws Exception {
        List<String> names = new ArrayList<>();
        metadata()
                .get("properties")
                .forEach(property -> names.add(property.get("name").asString()));
        return names;
    }

    @Test
    void thePropertiesOfEveryStageAreThere() throws Exception {
        assertThat(names())
                .contains(
                        "reliable-messaging.enabled",
                        "reliable-messaging.schema",
                        "reliable-messaging.topics",
                        "reliable-messaging.outbox.lanes",
                        "reliable-messaging.relay.lease",
                        "reliable-messaging.listener.max-attempts",
                        "reliable-messaging.durability.mode");
    }

    private JsonNode metadata() throws Exception {
        try (InputStream json =
                MessagePublisher.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            return JsonMapper.shared().readTree(json);
        }
    }
}
