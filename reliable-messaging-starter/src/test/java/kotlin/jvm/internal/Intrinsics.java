package kotlin.jvm.internal;

/** Stands for Kotlin's own, which its compiler calls first in each function that others may call. */
public final class Intrinsics {

    private Intrinsics() {}

    public static void checkNotNullParameter(Object value, String name) {
        if (value == null) {
            StackTraceElement[] trace = Thread.currentThread().getStackTrace();
            NullPointerException missing =
                    new NullPointerException("Parameter specified as non-null is null: method %s.%s, parameter %s"
                            .formatted(trace[2].getClassName(), trace[2].getMethodName(), name));
            missing.setStackTrace(java.util.Arrays.copyOfRange(trace, 2, trace.length));
            throw missing;
        }
    }
}
