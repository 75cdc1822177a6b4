package io.reliablemessaging.publish;

import io.reliablemessaging.text.ReadableLogger;
import org.slf4j.Logger;
import org.springframework.core.Ordered;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestExecutionListener;
import org.springframework.test.context.transaction.TestTransaction;
import org.springframework.test.context.transaction.TransactionalTestExecutionListener;

/**
 * Logs why a test receives no message: a {@code @Transactional} test publishes in a transaction that Spring rolls back
 * at its end. Spring's test context loads it, so an application has it only in its tests.
 */
final class RolledBackTestHint implements TestExecutionListener, Ordered {

    private static final Logger log = ReadableLogger.of(RolledBackTestHint.class);

    // after the test, listeners are called in reverse order: the transaction is still open
    private static final int INSIDE = 1;

    @Override
    public int getOrder() {
        return new TransactionalTestExecutionListener().getOrder() + INSIDE;
    }

    @Override
    public void afterTestMethod(TestContext test) {
        OutboxTransaction transaction = OutboxTransaction.current();
        if (transaction != null
                && transaction.size() > 0
                && TestTransaction.isActive()
                && TestTransaction.isFlaggedForRollback()) {
            log.info(
                    "Published {} in a transaction that is rolled back when {} ends, so nothing is sent. To send, commit the transaction:"
                            + " with @Commit, with TestTransaction.flagForCommit() and end(), or without @Transactional on the"
                            + " test",
                    transaction.size() == 1 ? "1 message" : transaction.size() + " messages",
                    test.getTestMethod().getName());
        }
    }
}
