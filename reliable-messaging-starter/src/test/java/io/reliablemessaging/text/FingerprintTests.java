package io.reliablemessaging.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.lang.reflect.Proxy;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.example.shop.FaultyStock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.aop.framework.ProxyFactory;

/** One fault has one fingerprint, whatever differs between its failures; two faults have two. */
class FingerprintTests {

    private static final String STOCK = FaultyStock.class.getName();

    private static Fingerprint of(Throwable thrown) {
        return FailureText.of(thrown).fingerprint("billing", "orders");
    }

    private static Throwable at(StackTraceElement... frames) {
        IllegalStateException thrown = new IllegalStateException("no stock");
        thrown.setStackTrace(frames);
        return thrown;
    }

    private static StackTraceElement frame(String type, String method, int line) {
        return new StackTraceElement(type, method, null, line);
    }

    @Test
    void isOfListenerRootCauseAndPlace() {
        Throwable thrown = catchThrowable(() -> new FaultyStock().call());
        Fingerprint fingerprint = of(new IllegalArgumentException("outer", thrown));
        assertThat(fingerprint)
                .isEqualTo(new Fingerprint("billing", "orders", "java.lang.IllegalStateException", STOCK + ".call"));
        assertThat(fingerprint.hex()).matches("[0-9a-f]{16}");
        FailureText text = FailureText.of(thrown);
        assertThat(Stream.of(
                                text.fingerprint("billing", "orders"),
                                text.fingerprint("shipping", "orders"),
                                text.fingerprint("billing", "refunds"),
                                FailureText.of(catchThrowable(() -> new FaultyStock().inLambda()))
                                        .fingerprint("billing", "orders"),
                                FailureText.of(FaultyStock.onOneLine()).fingerprint("billing", "orders"))
                        .map(Fingerprint::hex))
                .doesNotHaveDuplicates();
    }

    /** It is stored: rows of an earlier release must belong to the groups of this one. */
    @Test
    void staysTheSameFromOneReleaseToTheNext() {
        assertThat(new Fingerprint("billing", "orders", "java.io.IOException", "shop.Orders.place").hex())
                .isEqualTo("bd043205e3160959");
        assertThat(new Fingerprint("billing", "orders", "java.io.IOException", null).hex())
                .isEqualTo("baaa7106b516dc0d");
    }

    @Test
    void linesAndMessagesDoNotMatter() {
        assertThat(of(FaultyStock.onAnyLine(true))).isEqualTo(of(FaultyStock.onAnyLine(false)));
    }

    @Test
    void aProxyBetweenCallerAndMethodDoesNotMatter() throws Exception {
        Throwable plain = catchThrowable(() -> new FaultyStock().call());
        ProxyFactory byClass = new ProxyFactory(new FaultyStock());
        byClass.setProxyTargetClass(true);
        Callable<?> ofSpring = (Callable<?>) byClass.getProxy();
        assertThat(ofSpring.getClass().getName()).contains("$$SpringCGLIB$$");
        Callable<?> ofJava = (Callable<?>) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Callable.class},
                (proxy, method, arguments) -> method.invoke(new FaultyStock(), arguments));
        assertThat(of(catchThrowable(ofSpring::call))).isEqualTo(of(plain));
        assertThat(of(catchThrowable(ofJava::call))).as("wrapped twice, too").isEqualTo(of(plain));
    }

    @Test
    void aLambdaHasTheNameOfTheMethodAroundIt() {
        FaultyStock stock = new FaultyStock();
        assertThat(of(catchThrowable(stock::inLambda)).frame()).isEqualTo(STOCK + ".inLambda");
        assertThat(of(catchThrowable(stock::inNestedLambda)).frame()).isEqualTo(STOCK + ".inNestedLambda");
        assertThat(of(catchThrowable(stock::inAnonymousClass)).frame()).isEqualTo(STOCK + ".take");
    }

    @ParameterizedTest
    @CsvSource({
        // Java
        "shop.Orders, place, shop.Orders.place",
        "shop.Orders, lambda$place$3, shop.Orders.place",
        "shop.Orders, lambda$place$17$4, shop.Orders.place",
        "shop.Orders, lambda$place$1f0a2b3c$1, shop.Orders.place",
        "shop.Orders, lambda$3, shop.Orders.lambda",
        "shop.Orders, lambda$new$0, shop.Orders.new",
        "shop.Orders, <init>, shop.Orders.<init>",
        "shop.Orders, access$000, shop.Orders.access",
        "shop.Orders$1, run, shop.Orders.run",
        "shop.Orders$2$1, run, shop.Orders.run",
        "shop.Orders$1Discount, of, shop.Orders$Discount.of",
        "shop.Orders$Line, of, shop.Orders$Line.of",
        "shop.Orders/0x00007f1c4c0, apply, shop.Orders.apply",
        // Kotlin
        "shop.OrdersKt, place$lambda$0, shop.OrdersKt.place",
        "shop.OrdersKt, place$lambda-2, shop.OrdersKt.place",
        "shop.OrdersKt, place$lambda$1$lambda$0, shop.OrdersKt.place",
        "shop.OrdersKt$place$1, invokeSuspend, shop.OrdersKt$place.invokeSuspend",
        "shop.OrdersKt$place$$inlined$map$1$2, emit, shop.OrdersKt$place.emit",
        // Scala
        "shop.Orders$, $anonfun$place$1, shop.Orders$.place",
        "shop.Orders$, $anonfun$place$1$adapted, shop.Orders$.$anonfun$place$1$adapted",
    })
    void generatedPartsOfNamesAreLeftOut(String type, String method, String kept) {
        assertThat(of(at(frame(type, method, 7))).frame()).isEqualTo(kept);
    }

    @Test
    void theFirstFrameThatIsOfNoLibraryCounts() {
        Throwable thrown = at(
                frame("java.util.Objects", "requireNonNull", 233),
                frame("org.springframework.util.Assert", "notNull", 1),
                frame("org.apache.kafka.common.utils.Utils", "join", 1),
                frame("io.reliablemessaging.handler.Invocation", "call", 1),
                frame("jdk.proxy2.$Proxy12", "place", -1),
                frame("shop.Orders$$SpringCGLIB$$0", "place", -1),
                frame("shop.Orders", "place", 42),
                frame("shop.Shop", "open", 1));
        assertThat(of(thrown).frame()).isEqualTo("shop.Orders.place");
    }

    @Test
    void theClassOfAnExceptionLosesGeneratedParts() {
        RuntimeException anonymous = new RuntimeException("once") {};
        assertThat(of(anonymous).errorClass()).isEqualTo(FingerprintTests.class.getName());
    }

    @Test
    void ofNestedCausesTheRootCauseCounts() {
        Throwable root = at(frame("shop.Stock", "take", 3));
        Throwable outer = new RuntimeException("outer", new IllegalArgumentException("middle", root));
        assertThat(of(outer)).isEqualTo(of(root));
    }

    @Test
    void aRootCauseOfAnotherThreadHasThePlaceThatWaitedForIt() {
        Throwable root = at(frame("java.net.Socket", "read", 3), frame("java.lang.Thread", "run", 1));
        ExecutionException outer = new ExecutionException(root);
        outer.setStackTrace(new StackTraceElement[] {
            frame("java.util.concurrent.FutureTask", "get", 1), frame("shop.Stock", "take", 3)
        });
        assertThat(of(outer))
                .isEqualTo(new Fingerprint("billing", "orders", "java.lang.IllegalStateException", "shop.Stock.take"));
    }

    @Test
    void withoutAFrameOfTheApplicationOnlyTheClassCounts() {
        Throwable none = new RuntimeException("no trace", null, false, false) {};
        assertThat(of(none).frame()).isNull();
        assertThat(of(at()).frame()).isNull();
        assertThat(of(at(frame("java.util.Objects", "requireNonNull", 233))).frame())
                .isNull();
        Throwable failed = catchThrowable(
                () -> CompletableFuture.supplyAsync(() -> Integer.parseInt("x")).join());
        assertThat(of(failed)).isEqualTo(new Fingerprint("billing", "orders", "java.lang.NumberFormatException", null));
    }

    @Test
    void aCircleOfCausesEnds() {
        IllegalStateException first = new IllegalStateException("first");
        IllegalArgumentException second = new IllegalArgumentException("second", first);
        first.initCause(second);
        assertThat(of(first).errorClass()).isEqualTo("java.lang.IllegalArgumentException");
        assertThat(of(second).errorClass()).isEqualTo("java.lang.IllegalStateException");
    }

    @Test
    void anExceptionWhoseMethodsThrowHasItsClass() {
        assertThat(of(new Rude())).isEqualTo(new Fingerprint("billing", "orders", Rude.class.getName(), null));
        assertThat(of(at(frame("shop.Orders", "place", 1))).frame()).isEqualTo("shop.Orders.place");
    }

    @Test
    void aFailureThatIsStoredInMinimalFormHasTheSame() {
        Throwable thrown = at(frame("shop.Bestellungen", "prüfe", 1));
        assertThat(FailureText.minimal(thrown).fingerprint("billing", "orders")).isEqualTo(of(thrown));
    }

    @Test
    void namesOfAnyLengthAndWithAnyCharacterAreBounded() {
        Fingerprint fingerprint = of(at(frame("shop.Long" + "er\0".repeat(50_000), "place" + "$1".repeat(30_000), 1)));
        assertThat(fingerprint.frame()).hasSizeLessThanOrEqualTo(512).doesNotContain("\0");
        assertThat(fingerprint.hex()).matches("[0-9a-f]{16}");
    }

    private static final class Rude extends RuntimeException {

        @Override
        public synchronized Throwable getCause() {
            throw new IllegalStateException("rude");
        }

        @Override
        public StackTraceElement[] getStackTrace() {
            throw new IllegalStateException("rude");
        }
    }
}
