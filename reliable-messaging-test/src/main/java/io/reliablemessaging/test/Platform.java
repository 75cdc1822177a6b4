package io.reliablemessaging.test;

import java.io.File;

/** What the child processes need from the operating system. */
final class Platform {

    private Platform() {}

    /** Guards and pauses are made of POSIX shells and signals. */
    static void requirePosix() {
        if (File.separatorChar != '/') {
            throw new IllegalStateException(
                    "Embedded PostgreSQL and Kafka need Linux or macOS. On Windows run the tests in WSL 2, or with"
                            + " Docker and reliable-messaging.test.infrastructure=containers.");
        }
    }
}
