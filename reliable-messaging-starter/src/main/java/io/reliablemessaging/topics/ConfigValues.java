package io.reliablemessaging.topics;

import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.jspecify.annotations.Nullable;

/** Reads settings of topics and brokers. */
public final class ConfigValues {

    private ConfigValues() {}

    static String text(@Nullable Config config, String name, String otherwise) {
        ConfigEntry entry = config == null ? null : config.get(name);
        return entry == null || entry.value() == null ? otherwise : entry.value();
    }

    public static long number(@Nullable Config config, String name, long otherwise) {
        return Long.parseLong(text(config, name, Long.toString(otherwise)));
    }

    public static boolean isOn(@Nullable Config config, String name) {
        return Boolean.parseBoolean(text(config, name, "false"));
    }
}
