package io.reliablemessaging.settings;

/** Refuses a setting whose value is certainly a mistake. */
public final class IllegalSettingException extends StartupRefusal {

    private final String setting;

    /**
     * Refuses a value.
     *
     * @param setting its full name, such as {@code reliable-messaging.inbox.retention}
     * @param value the value as it was read
     * @param wrong what is wrong with it, as the end of a sentence
     * @param wayOut what to do now
     */
    public IllegalSettingException(String setting, Object value, String wrong, String wayOut) {
        super("%s=%s %s".formatted(setting, value, wrong), wayOut);
        this.setting = setting;
    }

    @Override
    String setting() {
        return setting;
    }
}
