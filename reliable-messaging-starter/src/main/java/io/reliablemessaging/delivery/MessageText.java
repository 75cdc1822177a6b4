package io.reliablemessaging.delivery;

import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.text.LogStyle;
import io.reliablemessaging.text.LoggingProperties.Keys;
import io.reliablemessaging.wire.KeyText;
import io.reliablemessaging.wire.ReceivedMessage;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Names a message in log lines by id, place and key. Never shows its payload. */
public final class MessageText {

    private static final int HASH_BYTES = 4;
    private static final int LONGEST_KEY = 200;

    private MessageText() {}

    /** Names a message and the listener that handles it. */
    public static String of(ListenerSettings settings, ReceivedMessage received) {
        return "Listener %s (group %s), message %s of topic %s (partition %d, offset %d), %s"
                .formatted(
                        settings.id(),
                        received.group(),
                        received.message().id(),
                        received.message().topic(),
                        received.partition(),
                        received.offset(),
                        key(received.message().key()));
    }

    /** Names a key by its hash, or by its text if that is configured. */
    public static String key(byte @Nullable [] key) {
        if (key == null) {
            return "no key";
        }
        return LogStyle.current().keys() == Keys.TEXT
                ? "key " + FailureText.storable(String.valueOf(KeyText.of(key)), LONGEST_KEY)
                : "key hash " + hash(key);
    }

    // the same as encode(sha256(key), 'hex') in PostgreSQL, so that people can search for it
    private static String hash(byte[] key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(key);
            return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
