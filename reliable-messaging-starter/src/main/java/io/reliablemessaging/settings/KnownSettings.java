package io.reliablemessaging.settings;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.util.ClassUtils;

/**
 * Knows the settings below our prefix from the configuration metadata on the class path, which editors read, too: those of all our
 * parts, whether switched on or not, and those of other libraries that use the same prefix.
 */
final class KnownSettings {

    static final String PREFIX = "reliable-messaging";

    private static final String METADATA = "META-INF/spring-configuration-metadata.json";

    private static final List<String> OURS = List.of("relay", "lease");

    private final SettingNode root;

    private KnownSettings(SettingNode root) {
        this.root = root;
    }

    /** Reads all settings that are described on the class path. */
    static KnownSettings onTheClassPath(@Nullable ClassLoader beans) {
        ClassLoader loader = beans == null ? KnownSettings.class.getClassLoader() : beans;
        SettingNode root = new SettingNode();
        try {
            for (URL url : Collections.list(loader.getResources(METADATA))) {
                String json = text(url);
                if (json.contains("\"%s.".formatted(PREFIX))) { // most files are of other libraries, and large
                    addAll(root, json, loader);
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("%s cannot be read".formatted(METADATA), e);
        }
        return new KnownSettings(root);
    }

    private static String text(URL url) throws IOException {
        try (InputStream in = url.openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void addAll(SettingNode root, String json, ClassLoader loader) {
        Object properties = JsonParserFactory.getJsonParser().parseMap(json).getOrDefault("properties", List.of());
        for (Object each : (List<?>) properties) {
            Map<?, ?> property = (Map<?, ?>) each;
            String name = String.valueOf(property.get("name"));
            if (name.startsWith(PREFIX + ".")) {
                root.add(name.substring(PREFIX.length() + 1), String.valueOf(property.get("type")), typeOf(loader));
            }
        }
    }

    private static SettingNode.Types typeOf(ClassLoader loader) {
        return name -> ClassUtils.isPresent(name, loader) ? ClassUtils.resolveClassName(name, loader) : null;
    }

    /** Tells whether our own settings are described: a jar that merges others may have lost our metadata. */
    boolean hasOurs() {
        return root.takes(OURS, false);
    }

    boolean contains(SetProperty property) {
        return root.takes(below(property.name()), property.isBlank());
    }

    /** Suggests the settings that may have been meant, the best one first, or lists the settings at the same place. */
    String hint(ConfigurationPropertyName unknown) {
        List<String> written = below(unknown);
        List<SettingSuggestion> candidates = new ArrayList<>();
        root.collect(written, "", "", candidates);
        return SettingSuggestion.nearest(candidates, String.join(".", written))
                .map(meant -> "Did you mean %s.%s?%s".formatted(PREFIX, meant, brackets(meant)))
                .orElseGet(() -> "Known here: %s.".formatted(root.others(written, PREFIX)));
    }

    private static String brackets(String meant) {
        int open = meant.indexOf('[');
        return open < 0
                ? ""
                : " A name with dots goes in brackets, in YAML as \"%s\"."
                        .formatted(meant.substring(open, meant.indexOf(']') + 1));
    }

    private static List<String> below(ConfigurationPropertyName name) {
        List<String> elements = new ArrayList<>();
        for (int i = 1; i < name.getNumberOfElements(); i++) {
            elements.add(name.getElement(i, ConfigurationPropertyName.Form.ORIGINAL));
        }
        return elements;
    }
}
