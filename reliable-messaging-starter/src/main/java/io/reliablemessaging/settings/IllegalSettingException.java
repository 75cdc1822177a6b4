package io.reliablemessaging.settings;

/** A setting has a value that cannot be meant. */
public final class IllegalSettingException extends StartupRefusal {

    private final String setting;

    /**
     * Refuses a value.
     *
     * @param setting its whole name, such as {@code reliable-messaging.inbox.retention}
     * @param value as it was read
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
