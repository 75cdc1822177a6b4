package io.reliablemessaging.listener;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What Boot's configuration metadata say of {@code spring.kafka}. */
final class KafkaMetadata {

    private static final Map<String, String> TYPES = read();

    private KafkaMetadata() {}

    /** Names of all properties with this prefix that can be set, without it. */
    static List<String> names(String prefix) {
        return TYPES.keySet().stream()
                .filter(name -> name.startsWith(prefix))
                .map(name -> name.substring(prefix.length()))
                .toList();
    }

    /** The property with a value that is not its default. */
    static Map<String, Object> sample(String name) {
        String type = TYPES.get(name);
        if (type == null) {
            throw new NoSuchElementException(name);
        }
        return switch (type) {
            case "java.lang.Boolean" -> Map.of(name, "true");
            case "java.lang.Integer", "java.lang.Float" -> Map.of(name, "17");
            case "java.time.Duration" -> Map.of(name, "17s");
            case "org.springframework.util.unit.DataSize" -> Map.of(name, "17KB");
            case "java.lang.Class<?>" -> Map.of(name, "java.lang.Void");
            case "java.util.Map<java.lang.String,java.lang.String>" -> Map.of(name + ".my.plugin", "17");
            case "org.springframework.core.io.Resource" -> Map.of(name, "file:/tmp/none");
            default ->
                Map.of(
                        name,
                        name.endsWith(".type")
                                ? "batch"
                                : name.endsWith("ack-mode")
                                        ? "manual"
                                        : name.endsWith("isolation-level") ? "read-committed" : "text");
        };
    }

    private static Map<String, String> read() {
        Map<String, String> types = new TreeMap<>();
        try {
            for (URL url : Collections.list(
                    KafkaMetadata.class.getClassLoader().getResources("META-INF/spring-configuration-metadata.json"))) {
                try (InputStream json = url.openStream()) {
                    for (JsonNode property : JsonMapper.shared().readTree(json).path("properties")) {
                        String name = property.get("name").asString();
                        if (name.startsWith("spring.kafka.") && !isGone(property)) {
                            types.put(name, property.get("type").asString());
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return types;
    }

    private static boolean isGone(JsonNode property) {
        return property.path("deprecation").path("level").asString("").equals("error");
    }
}
