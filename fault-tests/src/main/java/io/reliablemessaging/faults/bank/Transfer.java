package io.reliablemessaging.faults.bank;

import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * The message.
 *
 * @param token names it in the history, and is the id of the message
 * @param key its key
 * @param failures how often its handler is to fail before it succeeds; negative for always
 * @param receipt whether its handler is to publish a receipt
 * @param purpose text that makes it larger
 */
public record Transfer(UUID token, String key, int failures, boolean receipt, String purpose) {

    private static final int USUAL_LENGTH = 200;
    private static final int LARGE = 4_000;

    /** A transfer that nothing is wrong with. */
    public static Transfer of(String key) {
        return new Transfer(UUID.randomUUID(), key, 0, false, "x".repeat(USUAL_LENGTH));
    }

    /** A transfer that a small topic does not take. */
    public static Transfer large(String key) {
        return new Transfer(UUID.randomUUID(), key, 0, false, "x".repeat(LARGE));
    }

    /** A transfer whose handler is told to fail. */
    public static Transfer failing(String key, int failures) {
        return new Transfer(UUID.randomUUID(), key, failures, false, "");
    }

    /** A transfer as chance has it: some fail, some are large, some are answered. */
    static Transfer any(String key, RandomGenerator random) {
        int lot = random.nextInt(1_000);
        int failures = lot < 10 ? 1 : lot < 14 ? 3 : lot < 16 ? -1 : 0;
        int length = random.nextInt(50) == 0 ? LARGE : random.nextInt(USUAL_LENGTH);
        return new Transfer(UUID.randomUUID(), key, failures, random.nextInt(5) == 0, "x".repeat(length));
    }

    boolean failsAt(int attempt) {
        return failures < 0 || attempt <= failures;
    }
}
