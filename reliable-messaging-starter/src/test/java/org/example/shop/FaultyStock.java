package org.example.shop;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** Code of an application that fails in the ways in which compilers and proxies give names. */
public class FaultyStock implements Callable<String> {

    @Override
    public String call() {
        throw new IllegalStateException("no stock for order 17");
    }

    public String inLambda() {
        Supplier<String> lambda = () -> {
            throw new IllegalStateException("no stock");
        };
        return lambda.get();
    }

    public void inNestedLambda() {
        List.of(1)
                .forEach(outer -> List.of(outer).forEach(inner -> {
                    throw new IllegalStateException("no stock");
                }));
    }

    public void inAnonymousClass() {
        new Object() {
            void take() {
                throw new IllegalStateException("no stock");
            }
        }.take();
    }

    public static RuntimeException onOneLine() {
        return new IllegalStateException("one");
    }

    /** The same method, after somebody has added lines above it. */
    public static RuntimeException onAnyLine(boolean first) {
        if (first) {
            return new IllegalStateException("one");
        }
        return new IllegalStateException("other");
    }
}
