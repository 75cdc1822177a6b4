package io.reliablemessaging.faults.bank;

import java.util.UUID;

/**
 * The message.
 *
 * @param token names it in the history; known to no part of the library
 * @param key its key
 * @param failures how often its handler is to fail before it succeeds; negative for always
 * @param receipt whether its handler is to publish a receipt
 */
public record Transfer(UUID token, String key, int failures, boolean receipt) {

    static Transfer of(String key) {
        return new Transfer(UUID.randomUUID(), key, 0, false);
    }

    boolean failsAt(int attempt) {
        return failures < 0 || attempt <= failures;
    }
}
