package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an editor shows of our properties, read from the generated metadata. */
class ConfigurationMetadataTests {

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

    @Test
    void thePropertiesOfEveryStageAreThere() throws Exception {
        List<String> names = new ArrayList<>();
        metadata()
                .get("properties")
                .forEach(property -> names.add(property.get("name").asString()));
        assertThat(names)
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
