package io.reliablemessaging.handler;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.reflect.Method;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import kotlin.coroutines.Continuation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.messaging.handler.annotation.SendTo;
import org.springframework.resilience.annotation.ConcurrencyLimit;
import org.springframework.resilience.annotation.Retryable;
import org.springframework.scheduling.annotation.Async;

/** Methods whose work would not be done, once, when their call returns. */
class HandlerRulesTests {

    private static final Class<?> PROXY = proxyOf(new Methods());

    @Async
    @Retention(RetentionPolicy.RUNTIME)
    @interface InBackground {}

    @SuppressWarnings("unused")
    static class Methods {

        public void plain(String payload) {}

        @ConcurrencyLimit(1)
        public void limited(String payload) {}

        private void hidden(String payload) {}

        public final void unchangeable(String payload) {}

        public Future<?> future(String payload) {
            return CompletableFuture.completedFuture(null);
        }

        public CompletionStage<?> stage(String payload) {
            return CompletableFuture.completedFuture(null);
        }

        public Flow.Publisher<?> publisher(String payload) {
            return subscriber -> {};
        }

        public Object suspended(String payload, Continuation<?> continuation) {
            return payload;
        }

        @Async
        public void async(String payload) {}

        @InBackground
        public void composed(String payload) {}

        @Retryable
        public void retried(String payload) {}

        @org.springframework.retry.annotation.Retryable
        public void retriedBySpringRetry(String payload) {}

        @SendTo("answers")
        public String answering(String payload) {
            return payload;
        }
    }

    @Async
    static class AsyncClass {
        public void inherited(String payload) {}
    }

    static class ChildOfAsync extends AsyncClass {}

    @Retryable
    static class RetriedClass {
        public void on(String payload) {}
    }

    interface AsyncInterface {
        @Async
        void on(String payload);
    }

    static class ImplementsAsync implements AsyncInterface {
        @Override
        public void on(String payload) {}
    }

    @ParameterizedTest
    @CsvSource({
        "hidden, is private",
        "future, would go on after the transaction",
        "stage, would go on after the transaction",
        "publisher, would go on after the transaction",
        "suspended, suspend",
        "async, @Async",
        "composed, @Async",
        "retried, inside the same transaction",
        "retriedBySpringRetry, inside the same transaction",
        "answering, MessagePublisher"
    })
    void refusesAMethodAndSaysWhy(String name, String why) {
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> HandlerRules.check(method(Methods.class, name), Methods.class, null))
                .withMessageContaining(why)
                .withMessageContaining("Methods." + name + "(");
    }

    static Stream<Class<?>> inheriting() {
        return Stream.of(AsyncClass.class, ChildOfAsync.class, RetriedClass.class, ImplementsAsync.class);
    }

    @ParameterizedTest
    @MethodSource("inheriting")
    void findsWhatStandsOnClassesAndInterfaces(Class<?> type) {
        Class<?> declaring = type == ChildOfAsync.class ? AsyncClass.class : type;
        Method method = method(declaring, declaring == AsyncClass.class ? "inherited" : "on");
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> HandlerRules.check(method, type, null));
    }

    @Test
    void aFinalMethodIsRefusedOnlyIfAProxyWouldMissIt() {
        Method method = method(Methods.class, "unchangeable");
        assertThatNoException().isThrownBy(() -> HandlerRules.check(method, Methods.class, null));
        assertThatExceptionOfType(IllegalListenerException.class)
                .isThrownBy(() -> HandlerRules.check(method, Methods.class, PROXY))
                .withMessageContaining("is final");
    }

    @ParameterizedTest
    @CsvSource({"plain", "limited"})
    void letsOthersPass(String name) {
        assertThatNoException().isThrownBy(() -> HandlerRules.check(method(Methods.class, name), Methods.class, PROXY));
    }

    private static Class<?> proxyOf(Object target) {
        ProxyFactory proxy = new ProxyFactory(target);
        proxy.setProxyTargetClass(true);
        return proxy.getProxy().getClass();
    }

    private static Method method(Class<?> type, String name) {
        return Stream.of(type.getDeclaredMethods())
                .filter(method -> method.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
