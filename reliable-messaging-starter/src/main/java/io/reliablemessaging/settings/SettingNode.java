package io.reliablemessaging.settings;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.Name;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/** A node in the tree of settings: what may be set at this place, and below it. */
final class SettingNode {

    private static final Pattern MAP = Pattern.compile("java\\.util\\.Map<java\\.lang\\.String,(.+)>");
    private static final Pattern COLLECTION = Pattern.compile("java\\.util\\.(List|Set|Collection)<.+>|.+\\[\\]");

    private final Map<String, SettingNode> children = new TreeMap<>();
    private @Nullable SettingNode anyKey;
    private boolean open;

    /** Finds the classes that the metadata names. */
    interface Types {
        @Nullable
        Class<?> find(String name);
    }

    /** Adds a setting of the metadata. */
    void add(String path, String type, Types types) {
        SettingNode node = this;
        for (String name : StringUtils.delimitedListToStringArray(path, ".")) {
            node = node.children.computeIfAbsent(name, unused -> new SettingNode());
        }
        Matcher map = MAP.matcher(type);
        Class<?> values = map.matches() ? types.find(map.group(1)) : null;
        if (values != null && values.isRecord()) {
            node.anyKey = of(values);
        } else if (map.matches() || COLLECTION.matcher(type).matches()) {
            node.open = true;
        }
    }

    // metadata does not describe the values of a map, but their records do
    private static SettingNode of(Class<?> type) {
        SettingNode node = new SettingNode();
        for (RecordComponent component : type.getRecordComponents()) {
            Name name = component.getAnnotation(Name.class);
            node.children.put(
                    DataObjectPropertyName.toDashedForm(name == null ? component.getName() : name.value()),
                    of(component.getGenericType()));
        }
        return node;
    }

    private static SettingNode of(Type type) {
        if (type instanceof Class<?> simple && simple.isRecord()) {
            return of(simple);
        }
        SettingNode node = new SettingNode();
        node.open = type instanceof ParameterizedType generic
                && generic.getRawType() instanceof Class<?> raw
                && (ClassUtils.isAssignable(Map.class, raw) || ClassUtils.isAssignable(Collection.class, raw));
        return node;
    }

    boolean isLeaf() {
        return children.isEmpty() && anyKey == null;
    }

    /** Tells whether a value may be set at the end of this path. An empty value may also be set at a part of a path. */
    boolean takes(List<String> path, boolean nothing) {
        if (path.isEmpty()) {
            return nothing || isLeaf();
        }
        if (open) {
            return true;
        }
        SettingNode child = child(path.get(0));
        List<String> rest = path.subList(1, path.size());
        return (child != null && child.takes(rest, nothing)) || (anyKey != null && anyKey.takes(rest, nothing));
    }

    private @Nullable SettingNode child(String written) {
        for (Map.Entry<String, SettingNode> each : children.entrySet()) {
            if (uniform(each.getKey()).equals(uniform(written))) {
                return each.getValue();
            }
        }
        return null;
    }

    /**
     * Collects the settings that may have been meant.
     *
     * @param written the rest of the name that was written
     * @param path name of this node as it should be written
     * @param compared the same name without brackets
     */
    void collect(List<String> written, String path, String compared, List<SettingSuggestion> into) {
        if (isLeaf()) {
            String rest = open && !written.isEmpty() ? "." + String.join(".", written) : "";
            into.add(new SettingSuggestion(path + rest, compared + rest));
        }
        children.forEach((name, child) -> child.collect(
                written.subList(Math.min(1, written.size()), written.size()),
                joined(path, name),
                joined(compared, name),
                into));
        if (anyKey != null) {
            for (int end = 1; end <= written.size(); end++) {
                String key = String.join(".", written.subList(0, end));
                anyKey.collect(
                        written.subList(end, written.size()),
                        key.matches("[a-z0-9-]+") ? joined(path, key) : "%s[%s]".formatted(path, key),
                        joined(compared, key),
                        into);
            }
        }
    }

    /** Lists the names at the deepest known place of a path. */
    String others(List<String> path, String here) {
        SettingNode child = path.isEmpty() ? null : child(path.get(0));
        if (child == null && anyKey != null && path.size() > 1) {
            child = anyKey;
        }
        return child == null || child.isLeaf()
                ? "%s.{%s}".formatted(here, String.join(", ", anyKey == null ? children.keySet() : List.of("<name>")))
                : child.others(path.subList(1, path.size()), joined(here, path.get(0)));
    }

    private static String joined(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private static String uniform(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }
}
