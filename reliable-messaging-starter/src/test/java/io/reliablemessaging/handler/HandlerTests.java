package io.reliablemessaging.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.transaction.HandlerTransactions;
import io.reliablemessaging.transaction.TransactionConnections;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;

/** Which methods can be handlers, found out at start-up. */
@SuppressWarnings("unused")
class HandlerTests {

    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final HandlerTransactions transactions = new HandlerTransactions(
            new NoTransactions(), "ours"::equals, new TransactionConnections(new PGSimpleDataSource()));

    static class Methods {

        void payload(@Payload List<String> payload) {}

        void message(IncomingMessage<List<String>> message) {}

        void both(IncomingMessage<List<String>> message, @Payload List<String> payload) {}

        void nothing() {}

        void two(String one, Integer two) {}

        @SuppressWarnings("rawtypes")
        void rawMessage(IncomingMessage message) {}

        private void hidden(String payload) {}

        CompletableFuture<Void> asynchronous(String payload) {
            return CompletableFuture.completedFuture(null);
        }

        @Transactional(propagation = Propagation.REQUIRES_NEW)
        public void requiresNew(String payload) {}

        @Transactional(propagation = Propagation.NOT_SUPPORTED)
        public void notSupported(String payload) {}

        @Transactional(propagation = Propagation.NEVER)
        public void never(String payload) {}

        @Transactional("other")
        public void otherManager(String payload) {}

        @Transactional(readOnly = true)
        public void readOnly(String payload) {}

        @Transactional(transactionManager = "ours", isolation = Isolation.SERIALIZABLE, timeout = 7)
        public void joining(String payload) {}
    }

    @ParameterizedTest
    @CsvSource({"payload", "message", "both"})
    void findsThePayloadsType(String name) {
        assertThat(new Handler(new Methods(), method(name), new HandlerMethods(new DefaultListableBeanFactory()))
                        .payloadType()
                        .getTypeName())
                .isEqualTo("java.util.List<java.lang.String>");
    }

    @ParameterizedTest
    @CsvSource({
        "nothing, takes nothing",
        "two, takes both",
        "rawMessage, without saying of what",
        "hidden, is private",
        "asynchronous, would go on after the transaction"
    })
    void refusesMethodsThatCannotBeCalledRightly(String name, String why) {
        assertThatIllegalStateException()
                .isThrownBy(() ->
                        new Handler(new Methods(), method(name), new HandlerMethods(new DefaultListableBeanFactory())))
                .withMessageContaining(why)
                .withMessageContaining(name);
    }

    @ParameterizedTest
    @CsvSource({
        "requiresNew, leaves our transaction",
        "notSupported, leaves our transaction",
        "never, leaves our transaction",
        "otherManager, 'other'",
        "readOnly, writes what was handled"
    })
    void refusesHandlersThatWouldNotRunInOurTransaction(String name, String why) {
        assertThatIllegalStateException()
                .isThrownBy(() -> transactions.forHandler(method(name), Methods.class, LIMIT))
                .withMessageContaining(why)
                .withMessageContaining(name);
    }

    @Transactional(propagation = Propagation.REQUIRES_NEW)
    static class OnItsOwn {
        public void on(String payload) {}
    }

    @Transactional(readOnly = true)
    static class Reading {
        public void on(String payload) {}

        @Transactional
        public void writing(String payload) {}
    }

    @Test
    void whatStandsOnTheClassCountsUnlessTheMethodSaysOtherwise() throws NoSuchMethodException {
        HandlerTransactions transactions = new HandlerTransactions(
                new NoTransactions(), "ours"::equals, new TransactionConnections(new DriverManagerDataSource()));
        Method alone = OnItsOwn.class.getMethod("on", String.class);
        Method reading = Reading.class.getMethod("on", String.class);
        Method writing = Reading.class.getMethod("writing", String.class);
        assertThatIllegalStateException()
                .isThrownBy(() -> transactions.forHandler(alone, OnItsOwn.class, Duration.ofMinutes(4)));
        assertThatIllegalStateException()
                .isThrownBy(() -> transactions.forHandler(reading, Reading.class, Duration.ofMinutes(4)));
        assertThatNoException()
                .isThrownBy(() -> transactions.forHandler(writing, Reading.class, Duration.ofMinutes(4)));
    }

    @Test
    void takesHandlersThatRunInOurTransaction() {
        assertThatNoException().isThrownBy(() -> transactions.forHandler(method("joining"), Methods.class, LIMIT));
        assertThatNoException().isThrownBy(() -> transactions.forHandler(method("payload"), Methods.class, LIMIT));
    }

    private static Method method(String name) {
        return Stream.of(Methods.class.getDeclaredMethods())
                .filter(method -> method.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Only asked for its identity here. */
    private static final class NoTransactions extends AbstractPlatformTransactionManager {

        @Override
        protected Object doGetTransaction() {
            throw new UnsupportedOperationException();
        }

        @Override
        protected void doBegin(Object transaction, TransactionDefinition definition) {
            throw new UnsupportedOperationException();
        }

        @Override
        protected void doCommit(DefaultTransactionStatus status) {
            throw new UnsupportedOperationException();
        }

        @Override
        protected void doRollback(DefaultTransactionStatus status) {
            throw new UnsupportedOperationException();
        }
    }
}
