package io.reliablemessaging.actuate;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.DeadLetterDetails;
import io.reliablemessaging.DeadLetterDetails.Action;
import io.reliablemessaging.DeadLetterDetails.Failure;
import io.reliablemessaging.DryRun;
import io.reliablemessaging.DryRun.Stage;
import io.reliablemessaging.DryRun.WouldFail;
import io.reliablemessaging.DryRun.WouldSucceed;
import io.reliablemessaging.FailureGroup;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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
            int redriven,
            @Nullable String fingerprint) {}

    /** The faults behind dead letters and parked messages, the last failure first. */
    record Groups(List<FailureGroup> groups) {}

    /** Everything about a dead letter; the components are those of {@link DeadLetterDetails}. */
    record Details(
            Letter deadLetter,
            @Nullable Payload payload,
            @Nullable Payload originalPayload,
            @Nullable Map<String, String> headers,
            @Nullable String stackTrace,
            List<Failure> failures,
            List<Action> actions,
            @Nullable Map<String, String> originalHeaders,
            @Nullable List<String> differences) {}

    /** How a message would be handled; the components are those of {@link WouldSucceed} and {@link WouldFail}. */
    record Trial(
            String outcome,
            Duration took,
            @Nullable Integer published,
            @Nullable Stage stage,
            @Nullable String errorClass,
            @Nullable String errorMessage,
            @Nullable String stackTrace) {}

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
                details.actions(),
                showContent ? details.originalHeaders() : null,
                showContent ? details.differences() : null);
    }

    /**
     * Shows how a dry run went.
     *
     * @throws EndpointProblem if it was refused, so that it is not known how it would go
     */
    Trial trial(DryRun run) {
        if (run instanceof WouldSucceed success) {
            return new Trial("WOULD_SUCCEED", success.took(), success.published(), null, null, null, null);
        }
        if (run instanceof WouldFail failure) {
            return new Trial(
                    "WOULD_FAIL",
                    failure.took(),
                    null,
                    failure.stage(),
                    failure.errorClass(),
                    failure.errorMessage(),
                    failure.stackTrace());
        }
        throw EndpointProblem.wrongState(((DryRun.Refused) run).reason());
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
                letter.redriven(),
                letter.fingerprint());
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
