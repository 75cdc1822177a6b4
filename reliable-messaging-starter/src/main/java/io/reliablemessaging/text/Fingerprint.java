package io.reliablemessaging.text;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Identifies a fault of one listener: failures with the same fingerprint have, as far as can be told, the same cause.
 *
 * @param group consumer group that failed
 * @param topic topic of the message
 * @param errorClass class of the root cause, without generated parts
 * @param frame class and method of the first frame of the application, without line number and generated parts; null if the failure has none
 */
public record Fingerprint(
        String group,
        String topic,
        String errorClass,
        @Nullable String frame) {

    private static final int BYTES = 8;

    /** Returns the fingerprint as 16 hex digits. They stay the same from one release to the next. */
    public String hex() {
        String parts = String.join("\0", group, topic, errorClass, Objects.requireNonNullElse(frame, ""));
        byte[] hash = sha256().digest(parts.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(hash, 0, BYTES);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }
}
