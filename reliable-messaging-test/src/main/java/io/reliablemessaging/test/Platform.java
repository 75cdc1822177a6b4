package io.reliablemessaging.test;

import java.io.File;

/** Checks what the child processes need from the operating system. */
final class Platform {

    private Platform() {}

    /** Requires a POSIX system: guards and pauses use its shell and signals. */
    static void requirePosix() {
        if (File.separatorChar != '/') {
            throw new IllegalStateException(
                    "Embedded PostgreSQL and Kafka need Linux or macOS. On Windows run the tests in WSL 2, or with"
                            + " Docker and reliable-messaging.test.infrastructure=containers.");
        }
    }
}
