package io.reliablemessaging.actuate;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.DeadLetterDetails;
import io.reliablemessaging.DeadLetterDetails.Action;
import io.reliablemessaging.DeadLetterDetails.Failure;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Shows dead letters: what failed, where and why. Keys, headers and payloads, which can be personal data, are shown only if the
 * settings say so.
 *
 * @param showContent whether keys, headers and payloads are shown
 */
record DeadLetterViews(boolean showContent) {

    private static final int LONGEST_PAYLOAD = 64 << 10;

    /** A page of dead letters; {@code next} is the value of {@code after} for the next page, null if this is the last one. */
    record Page(List<Letter> deadLetters, @Nullable Long next) {}

    /** A dead letter or parked message in a list; the components are those of {@link DeadLetter}. */
    record Letter(
            long id,
            String group,
            String topic,
            @Nullable String key,
            String messageId,
            int partition,
            long offset,
            State state,
            int attempts,
            @Nullable String errorClass,
            @Nullable String errorMessage,
            @Nullable Instant publishedAt,
            Instant parkedAt,
            Instant changedAt,
            @Nullable Instant nextAttemptAt,
            boolean held,
            boolean edited,
            int redriven) {}

    /** Everything about a dead letter; the components are those of {@link DeadLetterDetails}. */
    record Details(
            Letter deadLetter,
            @Nullable Payload payload,
            @Nullable Payload originalPayload,
            @Nullable Map<String, String> headers,
            @Nullable String stackTrace,
            List<Failure> failures,
            List<Action> actions) {}

    /**
     * A payload, or its size if it is not to be shown.
     *
     * @param bytes its size
     * @param base64 its first 64 KiB
     * @param text the same as text, if it is UTF-8
     * @param cut whether it has more than is shown
     */
    record Payload(
            int bytes,
            @Nullable String base64,
            @Nullable String text,
            @Nullable Boolean cut) {}

    Page page(List<DeadLetter> letters, int limit) {
        return new Page(
                letters.stream().map(this::letter).toList(),
                letters.size() < limit ? null : letters.get(letters.size() - 1).id());
    }

    Details details(DeadLetterDetails details) {
        return new Details(
                letter(details.letter()),
                payload(details.payload()),
                payload(details.originalPayload()),
                showContent ? details.headers() : null,
                details.stackTrace(),
                details.failures(),
                details.actions());
    }

    private Letter letter(DeadLetter letter) {
        return new Letter(
                letter.id(),
                letter.group(),
                letter.topic(),
                showContent ? letter.key() : null,
                letter.messageId().toString(),
                letter.partition(),
                letter.offset(),
                letter.state(),
                letter.attempts(),
                letter.errorClass(),
                letter.errorMessage(),
                letter.publishedAt(),
                letter.parkedAt(),
                letter.changedAt(),
                letter.nextAttemptAt(),
                letter.held(),
                letter.edited(),
                letter.redriven());
    }

    private @Nullable Payload payload(byte @Nullable [] payload) {
        if (payload == null) {
            return null;
        }
        if (!showContent) {
            return new Payload(payload.length, null, null, null);
        }
        byte[] begin = payload.length > LONGEST_PAYLOAD ? Arrays.copyOf(payload, LONGEST_PAYLOAD) : payload;
        return new Payload(
                payload.length,
                Base64.getEncoder().encodeToString(begin),
                text(begin, begin.length == payload.length),
                begin.length < payload.length);
    }

    // a character that is cut off at the end is left out
    private static @Nullable String text(byte[] bytes, boolean complete) {
        CharBuffer text = CharBuffer.allocate(bytes.length);
        CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes), text, complete);
        return result.isError() ? null : text.flip().toString();
    }
}
